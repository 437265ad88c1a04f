import type { Service } from "../../../components/settings/serviceNames";
import { loopbackOwner, type PortOwner } from "../../remote/portOwners";
import { warn, type Warning } from "../checkResult";

/** An existing web server on ports 80 and 443 that is not an https-portal, and ports that it can be a proxy for. */
export interface WebServer {
  /** The names of what has ports 80 and 443, each with its ports. */
  readonly owners: ReadonlyMap<string, readonly number[]>;
  /** Free ports of 127.0.0.1. */
  readonly ports: Partial<Readonly<Record<Service, number>>>;
}

const usualPorts: Readonly<Record<Service, number>> = { grafana: 3000, telegraf: 8080, influxdb: 8086 };

/** Finds what has ports 80 and 443, and free ports for the services; `undefined` if both are free. */
export function findWebServer(all: readonly PortOwner[]): WebServer | undefined {
  const owners = new Map<string, number[]>();
  for (const wanted of [80, 443]) {
    const name = all.find(({ port }) => port === wanted)?.name;
    if (name !== undefined) {
      owners.set(name, [...(owners.get(name) ?? []), wanted]);
    }
  }
  if (owners.size === 0) {
    return undefined;
  }
  const given = new Set<number>();
  const ports = Object.entries(usualPorts).map(([service, first]) => {
    let port = first;
    while (given.has(port) || loopbackOwner(all, port) !== undefined) {
      port++;
    }
    given.add(port);
    return [service, port] as const;
  });
  return { owners, ports: Object.fromEntries(ports) };
}

/** The proposal to let the web server keep its ports. */
export function webServerWarnings(webServer: WebServer | undefined, host: string): Warning[] {
  if (webServer === undefined) {
    return [];
  }
  const lines = [...webServer.owners].map(
    ([name, taken]) => `${host}: ${name} has port ${taken.join(" and ")}, which https-portal would take.`,
  );
  const ports = Object.entries(webServer.ports).map(([service, port]) => `${service} ${port}`);
  return warn(
    lines,
    `Keep it, and let it forward to the services on ports of 127.0.0.1 (${ports.join(", ")})? docs/fronts.md has examples.`,
  );
}
