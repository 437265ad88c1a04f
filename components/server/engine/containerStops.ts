/** How a container ends when it is stopped or replaced. */
export interface ContainerStop {
  /** The signal on which its program closes everything. */
  readonly signal: "SIGINT" | "SIGTERM";
  /** Seconds until it is killed. A program that works needs one or two. */
  readonly seconds: number;
}

/** How each container stops. The signal of an image may differ, as that of https-portal does. */
export const containerStops = {
  // influxd handles no other: SIGTERM ends it at once, with exit code 2. Source: influxdb 2.9.1, kit/signals/context.go.
  influxdb: { signal: "SIGINT", seconds: 60 },
  // Its start script passes this on, and Telegraf sends what it can before it ends.
  telegraf: { signal: "SIGTERM", seconds: 30 },
  // Grafana gives its services 30 s.
  grafana: { signal: "SIGTERM", seconds: 30 },
  // The image has SIGQUIT, nginx's own, which its first process ignores until it is killed (s6-overlay #584).
  httpsPortal: { signal: "SIGTERM", seconds: 15 },
  // nginx is the first process here. On the image's SIGQUIT it waits a minute for a client that has connected and sends nothing.
  ingestProxy: { signal: "SIGTERM", seconds: 15 },
  loopbackIngress: { signal: "SIGTERM", seconds: 15 },
} as const satisfies Readonly<Record<string, ContainerStop>>;
