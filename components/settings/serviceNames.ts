import type { ParsedSettings } from "./schema";

/** What the portal answers for, each at a name of its own. */
export const services = ["influxdb", "grafana", "telegraf"] as const;
export type Service = (typeof services)[number];

/** The name at which the portal answers for a service. */
export function nameOfService(
  service: Service,
  { domain, names }: Pick<ParsedSettings, "domain" | "names">,
): string {
  return names[service] ?? `${service}.${domain}`;
}
