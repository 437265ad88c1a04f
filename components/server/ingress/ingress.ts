import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { containers, resources } from "../resourceNames";
import { HttpsPortal } from "./httpsPortal";
import type { IngestEndpoint, IngestEndpointArgs } from "./ingestEndpoint";
import { IngestProxy } from "./ingestProxy";
import { LoopbackIngress } from "./loopbackIngress";

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

/** What must be ready before the ingress. InfluxDB must be set up before it can be reached from outside. */
interface UsedServices {
  readonly influxDb: pulumi.Resource;
  readonly telegraf: pulumi.Resource;
}

/** Makes what answers HTTPS on the server, by its kind. */
export function createIngress(
  server: string,
  args: IngestEndpointArgs,
  { influxDb, telegraf }: UsedServices,
  parent: pulumi.Resource,
): IngestEndpoint {
  const { ingress } = args.settings;
  switch (ingress.kind) {
    case "portal":
      // The portal need not wait for the others.
      return new HttpsPortal(`${server}-https-portal`, args, { parent, dependsOn: influxDb });
    case "existing":
      return new IngestProxy(resources.ingestProxy, args, ingress, { parent, dependsOn: telegraf });
    case "loopback":
      return new LoopbackIngress(`${server}-loopback-ingress`, args, ingress, {
        parent,
        dependsOn: influxDb,
      });
  }
}
