/** Where a daemon on a node listens. */
export interface Listener {
  readonly port: number;
  /** Unset for all of the node's addresses. */
  readonly listenAddress?: string | undefined;
}

/** The daemons that this program runs on nodes, by the names of their settings, with their usual ports. */
export const usualPorts = { nodeExporter: 9100, prometheus: 9090 } as const;

type Listeners = Readonly<Record<keyof typeof usualPorts, Partial<Listener>>>;

/** Where a daemon listens on a node: as set for the node, or for all nodes, or else at its usual port everywhere. */
export function listenerOf(
  daemon: keyof typeof usualPorts,
  { [daemon]: ofAll }: Listeners,
  { [daemon]: ofNode }: Listeners,
): Listener {
  return {
    port: ofNode.port ?? ofAll.port ?? usualPorts[daemon],
    listenAddress: ofNode.listenAddress ?? ofAll.listenAddress,
  };
}

/** Whether only the node itself can reach the daemon. */
export function isLoopback({ listenAddress = "" }: Listener): boolean {
  return listenAddress.startsWith("127.");
}

/** The listener as a daemon's `--web.listen-address` has it. */
export function webListenAddress({ port, listenAddress = "" }: Listener): string {
  return `${listenAddress}:${port}`;
}
