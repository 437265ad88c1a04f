import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { printedValues } from "../cli/shell";
import type { Server } from "./server";

/** The process or container that has a TCP port of a machine. */
export interface PortOwner {
  /** As ss shows it, such as `127.0.0.1`, `*` or `[::]`. */
  readonly address: string;
  readonly port: number;
  /** Its name in a sentence, such as `nginx`; `unknownOwner` if the user may not see it. */
  readonly name: string;
  /** The stack of this program that has created the container, if one has. */
  readonly stack?: string;
}

export const unknownOwner = "another process";

/** The owners of the TCP ports of a machine; `undefined` if it does not answer. */
export async function readPortOwners(server: Server): Promise<PortOwner[] | undefined> {
  const input = await readFile(join(__dirname, "portOwners.sh"), "utf8");
  return server.run(["sh", "-s"], { input, timeout: "20s" }).then(parsePortOwners, () => undefined);
}

/** Containers win over processes: Docker's own process listens for a container. */
export function parsePortOwners(output: string): PortOwner[] {
  const containers = printedValues(output, "published").flatMap((line) => {
    const [container = "", stack = "", ports = ""] = line.split("|");
    return publishedPorts(ports).map((port) => ({
      ...port,
      name: `the container ${container}`,
      ...(stack === "" ? {} : { stack }),
    }));
  });
  const processes = printedValues(output, "listener").map((line) => {
    const [socket = "", process = "-", group = "-"] = line.split(" ");
    const [, address = "", port] = /^(.*?)(?:%[^:]*)?:(\d+)$/.exec(socket) ?? [];
    return { address, port: Number(port), name: describeProcess(process, describeGroup(group)) };
  });
  return [
    ...containers,
    ...processes.filter(({ port }) => containers.every((container) => container.port !== port)),
  ];
}

function describeProcess(process: string, group: string | undefined): string {
  if (process === "-") {
    return group ?? unknownOwner;
  }
  return group === undefined ? process : `${process} (${group})`;
}

/** The name of a control group in a sentence, if it means something to the user. */
export function describeGroup(group: string): string | undefined {
  const name = group.split("/").at(-1) ?? "";
  if (name.endsWith(".service")) {
    return name;
  }
  // The names that Docker, containerd, CRI-O and Podman give.
  return /^(docker|cri-containerd|crio|libpod)-|^[0-9a-f]{64}$/.test(name) ? "a container" : undefined;
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
