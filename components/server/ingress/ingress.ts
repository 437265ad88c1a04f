import type * as pulumi from "@pulumi/pulumi";
import type { Ingress } from "../../settings/ingress";
import { nameOfService } from "../../settings/serviceNames";
import { exposedServices, isInfluxDbOnServer, type Settings } from "../../settings/settings";
import type { Placement } from "../engine/serverContainer";
import type { ServerNetworks } from "../engine/serverNetworks";
import { containers } from "../resourceNames";
import type { Telegraf } from "../telegraf/telegraf";
import { heartbeatRelay, type HeartbeatRelay } from "./heartbeatRelay";
import { HttpsPortal, portalStatusUrl } from "./httpsPortal";
import type { IngestEndpoint } from "./ingestEndpoint";
import { IngestProxy, ingestProxyStatusUrl } from "./ingestProxy";
import { LoopbackIngress, loopbackStatusUrl } from "./loopbackIngress";

/** Where each kind of ingress reports the number of its requests. */
export const statusUrls = {
  portal: portalStatusUrl,
  existing: ingestProxyStatusUrl,
  loopback: loopbackStatusUrl,
} as const;

/** The host name of the portal; undefined where the web server is not a container. */
export function portalName({ ingress }: Pick<Settings, "ingress">): string | undefined {
  switch (ingress.kind) {
    case "portal":
      return containers.httpsPortal;
    case "existing":
      return ingress.container;
    case "loopback":
      return undefined;
  }
}

export interface IngressArgs {
  readonly placement: Placement;
  readonly settings: Settings;
  readonly networks: ServerNetworks;
  readonly influxDb: UsedService;
  readonly telegraf: UsedService & Pick<Telegraf, "spool">;
  readonly grafana: UsedService;
}

type UsedService = pulumi.Resource & { readonly url: string };

/** Makes what answers HTTPS on the server, by its kind. */
export function createIngress(server: string, args: IngressArgs, parent: pulumi.Resource): IngestEndpoint {
  const { ingress, contactPoints } = args.settings;
  const relay = heartbeatRelay(contactPoints.heartbeat);
  switch (ingress.kind) {
    case "portal":
      return createHttpsPortal(server, args, relay, parent);
    case "existing":
      return createIngestProxy(server, args, relay, ingress.container, parent);
    case "loopback":
      return createLoopbackIngress(server, args, relay, ingress, parent);
  }
}

function createHttpsPortal(
  server: string,
  { placement, settings, networks, influxDb, telegraf, grafana }: IngressArgs,
  relay: HeartbeatRelay,
  parent: pulumi.Resource,
): HttpsPortal {
  const urls = { influxdb: influxDb.url, telegraf: telegraf.url, grafana: grafana.url };
  const services = exposedServices(settings).map((service) => {
    const host = nameOfService(service, settings);
    return [service, { host, upstream: urls[service] }] as const;
  });
  return new HttpsPortal(
    `${server}-https-portal`,
    {
      placement,
      image: settings.images.httpsPortal,
      networks: networks.all,
      spool: telegraf.spool,
      certificates: settings.certificates,
      heartbeatRelay: relay,
      services: Object.fromEntries(services),
    },
    // InfluxDB must be set up before anyone can reach it. The portal need not wait for the others.
    { parent, dependsOn: influxDb },
  );
}

function createIngestProxy(
  server: string,
  { placement, settings, networks, telegraf }: IngressArgs,
  relay: HeartbeatRelay,
  portal: string,
  parent: pulumi.Resource,
): IngestProxy {
  return new IngestProxy(
    `${server}-ingest-gate`,
    {
      placement,
      image: settings.images.httpsPortal,
      networks: [networks.telegraf, ...(relay.aliases.length === 0 ? [] : [networks.grafana])],
      spool: telegraf.spool,
      upstream: telegraf.url,
      portal: { name: portal },
      host: settings.expose.telegraf ? nameOfService("telegraf", settings) : undefined,
      certificates: settings.certificates,
      heartbeatRelay: relay,
    },
    { parent, dependsOn: telegraf },
  );
}

function createLoopbackIngress(
  server: string,
  { placement, settings, networks, influxDb, telegraf, grafana }: IngressArgs,
  relay: HeartbeatRelay,
  { ports, ca }: Pick<Extract<Ingress, { kind: "loopback" }>, "ports" | "ca">,
  parent: pulumi.Resource,
): LoopbackIngress {
  return new LoopbackIngress(
    `${server}-loopback-ingress`,
    {
      placement,
      image: settings.images.httpsPortal,
      networks: networks.all,
      spool: telegraf.spool,
      upstreams: {
        influxdb: isInfluxDbOnServer(settings) ? influxDb.url : undefined,
        grafana: grafana.url,
        telegraf: telegraf.url,
      },
      ports,
      heartbeatRelay: relay,
      ca,
    },
    { parent, dependsOn: influxDb },
  );
}
