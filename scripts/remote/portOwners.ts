import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Server } from "./server";

/** The process or container that has a TCP port of the server. */
export interface PortOwner {
  /** As ss shows it, such as `127.0.0.1`, `*` or `[::]`. */
  readonly address: string;
  readonly port: number;
  /** Its name in a sentence, such as `nginx`. */
  readonly name: string;
  /** The stack of this program that has created the container, if one has. */
  readonly stack?: string;
}

/** The owners of the TCP ports of the server; `undefined` if it does not answer. */
export async function readPortOwners(server: Server): Promise<PortOwner[] | undefined> {
  const input = await readFile(join(__dirname, "portOwners.sh"), "utf8");
  return server.run(["sh", "-s"], { input, timeout: "20s" }).then(parsePortOwners, () => undefined);
}

/** Containers win over processes: Docker's own process listens for a container. */
export function parsePortOwners(output: string): PortOwner[] {
  const valuesOf = (wanted: string): string[] =>
    output
      .split("\n")
      .flatMap((line) => (line.startsWith(`${wanted}=`) ? [line.slice(wanted.length + 1)] : []));
  const containers = valuesOf("published").flatMap((line) => {
    const [container = "", stack = "", ports = ""] = line.split("|");
    return publishedPorts(ports).map((port) => ({
      ...port,
      name: `the container ${container}`,
      ...(stack === "" ? {} : { stack }),
    }));
  });
  const processes = valuesOf("listener").map((line) => {
    const [socket = "", process = "-", group = "-"] = line.split(" ");
    const [, address = "", port] = /^(.*?)(?:%[^:]*)?:(\d+)$/.exec(socket) ?? [];
    const unit = /([^/]+\.service)$/.exec(group)?.[1];
    const name =
      process === "-" ? (unit ?? "another process") : unit === undefined ? process : `${process} (${unit})`;
    return { address, port: Number(port), name };
  });
  return [
    ...containers,
    ...processes.filter(({ port }) => containers.every((container) => container.port !== port)),
  ];
}

/** The ports of the host, out of such as `0.0.0.0:80->80/tcp, [::]:8000-8001->8000-8001/tcp, 9090/tcp`. */
function publishedPorts(ports: string): { address: string; port: number }[] {
  return [...ports.matchAll(/(\S+):(\d+)(?:-(\d+))?->\S+\/tcp/g)].flatMap(
    ([, address = "", first, last = first]) =>
      Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => ({
        address,
        port: Number(first) + index,
      })),
  );
}

/** The owner of a port of 127.0.0.1, also by listening on all addresses. */
export function loopbackOwner(owners: readonly PortOwner[], wanted: number): PortOwner | undefined {
  return owners.find(
    ({ address, port }) =>
      port === wanted && /^(127\.0\.0\.1|0\.0\.0\.0|\*|\[?::(ffff:127\.0\.0\.1)?\]?)$/.test(address),
  );
}
