import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings";
import { render } from "../template";
import { type Placement, ServerContainer, stackLabel } from "./serverContainer";
import { ContainerScript } from "./serverEngine";
import { ingestPath, spoolFolder } from "./telegraf";

const dataFolder = "/var/lib/https-portal";

/** Where the portal keeps the credentials for ingest that it accepts: on its volume, so that a re-created one has them. */
export const credentialsFolder = `${dataFolder}/ingest`;

/** InfluxDB and Grafana show their metrics to whoever asks; Telegraf asks from inside. */
export const withoutMetrics = "location /metrics { return 404; }";

/** How many requests there were, for Telegraf: the port is not one of the host's. */
export const statusServer = "server { listen 8080; location = /status { stub_status; } }";

export interface HttpsPortalArgs extends Placement {
  readonly image: string;
  readonly networks: readonly docker.Network[];
  /** Where remote write is written down before Telegraf gets it. */
  readonly spool: docker.Volume;
  readonly certificates: Settings["certificates"];
  /** The public name of each service that is exposed, and the URL by which the portal reaches it. */
  readonly services: Readonly<Partial<Record<"influxdb" | "grafana" | "telegraf", Service>>>;
  readonly keepVolumes: Settings["keepVolumes"];
}

interface Service {
  readonly host: string;
  readonly upstream: string;
}

/** https-portal: the only container with ports on the host, and the only way to the others. */
export class HttpsPortal extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** The certificate to trust for remote write, in PEM, where the portal signs for itself. */
  readonly ownCertificate: pulumi.Output<string> | undefined;

  constructor(name: string, args: HttpsPortalArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:HttpsPortal", name, {}, opts);
    const { engine, certificates, services } = args;

    const volume = new docker.Volume(
      `${name}-volume`,
      { name: "https-portal", labels: [stackLabel(args.stack)] },
      { parent: this, provider: engine.provider, retainOnDelete: args.keepVolumes },
    );
    this.container = new ServerContainer(
      name,
      {
        ...args,
        name: "https-portal",
        volumes: [
          { volume, path: dataFolder },
          { volume: args.spool, path: spoolFolder },
        ],
        files:
          services.telegraf === undefined
            ? []
            : [
                {
                  path: `/var/lib/nginx-conf/${services.telegraf.host}.ssl.conf.erb`,
                  content: renderIngestSite(services.telegraf, certificates),
                },
              ],
        environment: {
          DOMAINS: Object.values(services)
            .map(({ host, upstream }) => `${host} -> ${upstream}`)
            .join(", "),
          STAGE: certificates,
          // nginx resolves a name once, unless told otherwise: a re-created container would get 502 for ever.
          DYNAMIC_UPSTREAM: "true",
          RESOLVER: "127.0.0.11 ipv6=off valid=5s",
          // Grafana's live updates.
          WEBSOCKET: "true",
          CUSTOM_NGINX_SERVER_CONFIG_BLOCK: withoutMetrics,
          CUSTOM_NGINX_GLOBAL_HTTP_CONFIG_BLOCK: statusServer,
        },
        ports: [80, 443],
        healthCheck: ["CMD", "service", "nginx", "status"],
        memory: 256,
        stopSeconds: 15,
      },
      { parent: this },
    );

    if (certificates === "local" && services.telegraf !== undefined) {
      this.ownCertificate = pulumi.unsecret(
        new ContainerScript(
          `${name}-certificate`,
          {
            engine,
            container: this.container,
            script: `set -eu\ncat ${certificateFolder(services.telegraf, certificates)}/signed.crt\n`,
          },
          { parent: this },
        ).stdout,
      );
    }
    this.registerOutputs({});
  }
}

/** The nginx configuration of the name that takes remote write. */
export function renderIngestSite(service: Service, certificates: Settings["certificates"]): string {
  return render(join(__dirname, "httpsPortal.ingest.conf.mustache"), "nginx", {
    ...service,
    ingestPath,
    spoolFolder,
    credentialsFolder,
    certificateFolder: certificateFolder(service, certificates),
  });
}

/** Source: https-portal 1.25, `Domain#dir`. */
function certificateFolder(service: Service, certificates: Settings["certificates"]): string {
  return `${dataFolder}/${service.host}/${certificates}`;
}
