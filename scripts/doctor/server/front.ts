import { nameOfService, type Service } from "../../../components/settings/serviceNames";
import { ingestPath } from "../../../components/server/telegraf/telegraf";
import { exposedServices } from "../../../components/settings/settings";
import { docker } from "./containers";
import { type Finding, type Known, reasonOf } from "../findings";

/** What each service answers a caller without a credential, by its public name. */
const probes: Readonly<Record<Service, { readonly path: string; readonly status: string }>> = {
  influxdb: { path: "/health", status: "200" },
  grafana: { path: "/api/health", status: "200" },
  telegraf: { path: ingestPath, status: "401" },
};

/**
 * Whether the user's web server leads each public name to the port of its service. It is asked on the server, by the
 * name: which certificate it shows, the masters and the alerts say.
 */
export async function inspectFront(known: Known): Promise<Finding[]> {
  const { settings } = known;
  const { ingress } = settings;
  if (ingress.kind !== "loopback") {
    return [];
  }
  const findings = await Promise.all(
    exposedServices(settings).map(async (service) => {
      const host = nameOfService(service, settings);
      const { path, status } = probes[service];
      const remedy = `the web server on the server is to lead ${host} to 127.0.0.1:${ingress.ports[service] ?? ""}: docs/fronts.md`;
      const curl = ["curl", "-sSk", "--max-time", "15", "-o", "/dev/null", "-w", "%{http_code}"];
      try {
        const answer = await docker(settings, ["exec", "grafana", ...curl, `https://${host}${path}`]);
        return answer === status
          ? []
          : [{ subject: host, problem: `it answers ${path} with status ${answer}, not ${status}`, remedy }];
      } catch (error) {
        return [{ subject: host, problem: `it does not answer: ${reasonOf(error)}`, remedy }];
      }
    }),
  );
  return findings.flat();
}
