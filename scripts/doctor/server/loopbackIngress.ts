import { nameOfService, type Service } from "../../../components/settings/serviceNames";
import { ingestPath } from "../../../components/server/telegraf/telegraf";
import { exposedServices } from "../../../components/settings/settings";
import { containers } from "../../../components/server/resourceNames";
import { reasonOf } from "../../remote/server";
import type { LoadedStack } from "../../stack/stack";
import type { Finding } from "../findings";

/** The status with which each service answers a request without a credential. */
const probes: Readonly<Record<Service, { readonly path: string; readonly status: number }>> = {
  influxdb: { path: "/health", status: 200 },
  grafana: { path: "/api/health", status: 200 },
  telegraf: { path: ingestPath, status: 401 },
};

/**
 * Requests each public name from Grafana's container, and checks that the user's web server forwards it to the port of its
 * service.
 */
export async function inspectLoopbackIngress({ settings, server }: LoadedStack): Promise<Finding[]> {
  const { ingress } = settings;
  if (ingress.kind !== "loopback") {
    return [];
  }
  const requests = exposedServices(settings).map((service) => ({
    ...probes[service],
    host: nameOfService(service, settings),
    port: ingress.ports[service] ?? "",
  }));
  const statuses = await server.curlStatuses(
    containers.grafana,
    // The masters and the alerts check the certificate.
    requests.map(({ host, path }) => ({ url: `https://${host}${path}`, insecure: true, "max-time": 15 })),
  );
  return requests.flatMap(({ host, port, path, status: expected }, index): Finding[] => {
    const status = statuses[index];
    const problem =
      typeof status === "number"
        ? `it answers ${path} with status ${status}, not ${expected}`
        : `it does not answer: ${reasonOf(status)}`;
    const remedy = `let the web server on the server forward ${host} to 127.0.0.1:${port}: docs/fronts.md`;
    return status === expected ? [] : [{ subject: host, problem, remedy }];
  });
}
