import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { containers, components } from "../resourceNames";
import { HttpsPortal } from "./httpsPortal";
import type { IngestEndpoint, IngestEndpointArgs } from "./ingestEndpoint";
import { IngestProxy } from "./ingestProxy";
import { LoopbackIngress } from "./loopbackIngress";

/** The host name of the web server that has the public names; undefined if it is not a container. */
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

/**
 * What an ingress waits for: where it publishes InfluxDB, for its set-up, as strangers could set it up before; the ingest
 * proxy for Telegraf.
 */
interface UsedServices {
  readonly influxDb: pulumi.Resource;
  readonly telegraf: pulumi.Resource;
}

/** Makes the ingress of the kind that the settings name. */
export function createIngress(
  args: IngestEndpointArgs,
  { influxDb, telegraf }: UsedServices,
  parent: pulumi.Resource,
): IngestEndpoint {
  const { ingress } = args.settings;
  switch (ingress.kind) {
    case "portal":
      // nginx looks the names of the services up with each request, so it does not wait for Telegraf and Grafana.
      return new HttpsPortal(components.httpsPortal, args, { parent, dependsOn: influxDb });
    case "existing":
      return new IngestProxy(components.ingestProxy, args, ingress, { parent, dependsOn: telegraf });
    case "loopback":
      return new LoopbackIngress(components.loopbackIngress, args, ingress, { parent, dependsOn: influxDb });
  }
}
