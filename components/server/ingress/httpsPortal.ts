import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ingressOf, type Settings } from "../../settings/settings";
import { render } from "../../template";
import { containerStops } from "../engine/containerStops";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { type IngestDoor, ingestView } from "./ingestCredential";
import { certificateFolder, portalIssuers } from "./portalIssuers";
import { type Named, type Placement, ServerContainer, serverVolume } from "../engine/serverContainer";
import { spoolFolder } from "../telegraf/telegraf";
import { containers, resources, volumes } from "../resourceNames";

const dataFolder = "/var/lib/https-portal";
const startScript = "/etc/https-portal/start.sh";
/** Where the container writes which names it has no certificate for, and why; it is empty where it has all. */
export const namesStatusFile = "/tmp/names-status";

/** InfluxDB and Grafana show their metrics to whoever asks; Telegraf asks from inside. */
export const withoutMetrics = "location /metrics { return 404; }";

/** The host name of the portal, whoever runs it; unset where the web server is not a container. */
export function portalName(settings: Pick<Settings, "existing" | "ingress">): string | undefined {
  const ingress = ingressOf(settings);
  switch (ingress.kind) {
    case "portal":
      return containers.httpsPortal;
    case "existing":
      return ingress.container;
    case "loopback":
      return undefined;
  }
}

/** How many requests there were, for Telegraf: the port is not one of the host's. */
export const statusServer = "server { listen 8080; location = /status { stub_status; } }";
export const portalStatusUrl = `http://${containers.httpsPortal}:8080/status`;

/**
 * What answers for a name that is not served (yet): the authority's question, and nothing else. The image's own block
 * does not answer that one. Source: https-portal 1.25, nginx.conf.erb.
 */
export const defaultServers = [
  "server { listen 80 default_server; server_name _;",
  "location /.well-known/acme-challenge/ { alias /var/www/default/challenges/; } location / { return 444; } }",
  "server { listen 443 ssl default_server; ssl_reject_handshake on; }",
].join(" ");

export interface HttpsPortalArgs extends Placement {
  readonly image: string;
  readonly networks: readonly Named[];
  /** Where remote write is written down before Telegraf gets it. */
  readonly spool: Named;
  readonly certificates: Settings["certificates"];
  /** The public name of each service that is exposed, and the URL by which the portal reaches it. */
  readonly services: Readonly<Partial<Record<"influxdb" | "grafana" | "telegraf", Service>>>;
  readonly keepVolumes: Settings["keepVolumes"];
  readonly heartbeatRelay: HeartbeatRelay;
}

interface Service {
  readonly host: string;
  readonly upstream: string;
}

/** https-portal: the only container with ports on the host, and the only way to the others. */
export class HttpsPortal extends pulumi.ComponentResource implements IngestDoor {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(name: string, args: HttpsPortalArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:HttpsPortal", name, {}, opts);
    const { engine, certificates, services, heartbeatRelay } = args;

    const volume = serverVolume(
      `${name}-volume`,
      { ...args, name: volumes.httpsPortal, existingVolume: undefined },
      { parent: this, retainOnDelete: args.keepVolumes },
    );
    this.container = new ServerContainer(
      name,
      {
        ...args,
        name: containers.httpsPortal,
        aliases: heartbeatRelay.aliases,
        volumes: [
          { volume, path: dataFolder },
          { volume: args.spool, path: spoolFolder },
        ],
        entrypoint: ["sh", startScript],
        files: [
          { path: startScript, content: renderPortalStart() },
          ...(services.telegraf === undefined
            ? []
            : [
                {
                  path: `/var/lib/nginx-conf/${services.telegraf.host}.ssl.conf.erb`,
                  content: renderIngestSite(services.telegraf, certificates),
                },
              ]),
          ...heartbeatRelay.files,
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
          CUSTOM_NGINX_GLOBAL_HTTP_CONFIG_BLOCK: `${statusServer} ${heartbeatRelay.include}`.trim(),
          // nginx's own 64 holds names of 46 characters; a certificate takes 64. Source: `NGX_HASH_ELT_SIZE` in src/core/ngx_hash.c
          SERVER_NAMES_HASH_BUCKET_SIZE: "128",
          DEFAULT_SERVER_BLOCK: defaultServers,
          // Milliseconds that s6 waits at the end, even when no process is left; 3,000 by default. Nothing answers meanwhile.
          S6_KILL_GRACETIME: "200",
        },
        ports: [80, 443],
        // The start script writes the file when every name has had its first attempt.
        healthCheck: ["CMD-SHELL", `service nginx status && test -e ${namesStatusFile}`],
        // Keys, on one slow core, and an attempt for each of three names.
        startPeriod: "4m0s",
        memory: 256,
        stop: containerStops.httpsPortal,
      },
      { parent: this },
    );

    if (services.telegraf !== undefined) {
      const { host } = services.telegraf;
      this.issuers = portalIssuers(
        resources.portalCertificate,
        { engine, portal: this.container, host, certificates, ours: true },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}

/** The nginx configuration of the name that takes remote write. */
export function renderIngestSite(service: Service, certificates: Settings["certificates"]): string {
  return render(join(__dirname, "httpsPortal.ingest.conf.mustache"), "nginx", {
    ...ingestView,
    ...service,
    certificateFolder: certificateFolder(service.host, certificates),
  });
}

/** The shell script that is the container's entry point. */
export function renderPortalStart(): string {
  return render(join(__dirname, "httpsPortal.start.sh.mustache"), "shell", {
    dataFolder,
    statusFile: namesStatusFile,
  });
}
