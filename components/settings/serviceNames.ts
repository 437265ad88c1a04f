/** What the portal answers for, each at a name of its own. */
export const services = ["influxdb", "grafana", "telegraf"] as const;
export type Service = (typeof services)[number];

/** The settings that name the services. */
interface Names {
  readonly domain: string;
  readonly names: Readonly<Partial<Record<Service, string>>>;
}

/** The name at which the portal answers for a service. */
export function nameOfService(service: Service, { domain, names }: Names): string {
  return names[service] ?? `${service}.${domain}`;
}
