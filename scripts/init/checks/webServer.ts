import type { Service } from "../../../components/settings/serviceNames";
import { loopbackOwner, type PortOwner } from "../../remote/serverPorts";
import type { Doubt } from "../interview";

/** A web server on ports 80 and 443, and the ports of the loopback address that it can lead to. */
export interface Front {
  /** What has the ports 80 and 443, each with its ports. */
  readonly owners: ReadonlyMap<string, readonly number[]>;
  readonly ports: Partial<Readonly<Record<Service, number>>>;
}

/** The usual port of each service. */
const usual: Readonly<Record<Service, number>> = { grafana: 3000, telegraf: 8080, influxdb: 8086 };

/**
 * What has the portal's ports, and free ports for the services.
 *
 * @param taken those of the ports 80 and 443 that are taken
 */
export function findFront(taken: readonly number[], all: readonly PortOwner[]): Front {
  const owners = new Map<string, number[]>();
  for (const port of taken) {
    const name = all.find((owner) => owner.port === port)?.name ?? "another process";
    owners.set(name, [...(owners.get(name) ?? []), port]);
  }
  const given = new Set<number>();
  const ports = Object.entries(usual).map(([service, first]) => {
    let port = first;
    while (given.has(port) || loopbackOwner(all, port) !== undefined) {
      port++;
    }
    given.add(port);
    return [service, port] as const;
  });
  return { owners, ports: Object.fromEntries(ports) };
}

/** The proposal to leave the web server its ports. */
export function frontDoubts(front: Front | undefined, host: string): Doubt[] {
  if (front === undefined) {
    return [];
  }
  const ports = Object.entries(front.ports).map(([service, port]) => `${service} ${port}`);
  return [
    {
      lines: [...front.owners].map(
        ([name, taken]) => `${host}: ${name} has port ${taken.join(" and ")}, which https-portal would take.`,
      ),
      question: `Leave it there, and have the services on ports of 127.0.0.1 for it to lead to (${ports.join(", ")})? docs/fronts.md has an example for Caddy, nginx and Traefik.`,
      flag: "yes",
    },
  ];
}
