import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Service } from "../../settings/serviceNames";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import { containerStops } from "../engine/containerStops";
import { type ContainerFile, type Named, type Placement, ServerContainer } from "../engine/serverContainer";
import { serverVolume } from "../engine/serverVolume";
import { containers, resources, volumes } from "../resourceNames";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { dataFolder, type IngestEndpoint, ingestView, ingestVolumes } from "./ingestEndpoint";
import { certificateFolder, preparePortalCertificate } from "./portalCertificate";

const startScript = "/etc/https-portal/start.sh";
/** Where the container writes which names have no certificate, and why; the file is empty if all have one. */
export const namesStatusFile = "/tmp/names-status";

/** InfluxDB and Grafana show their metrics without a login; Telegraf scrapes them from inside. */
export const withoutMetrics = "location /metrics { return 404; }";

/** Reports the number of requests to Telegraf; the host does not publish the port. */
export const statusServer = "server { listen 8080; location = /status { stub_status; } }";
export const portalStatusUrl = `http://${containers.httpsPortal}:8080/status`;

/**
 * Answers the authority's challenge for a name that is not served yet, and nothing else. The image's own block does not
 * answer it. Source: https-portal 1.25, nginx.conf.erb.
 */
export const defaultServers = [
  "server { listen 80 default_server; server_name _;",
  "location /.well-known/acme-challenge/ { alias /var/www/default/challenges/; } location / { return 444; } }",
  "server { listen 443 ssl default_server; ssl_reject_handshake on; }",
].join(" ");

export interface HttpsPortalArgs {
  readonly placement: Placement;
  readonly image: string;
  readonly networks: readonly Named[];
  /** Where remote write is stored before Telegraf gets it. */
  readonly spool: Named;
  readonly certificates: Settings["certificates"];
  /** The public name of each service that is exposed, and the URL by which the portal reaches it. */
  readonly services: Readonly<Partial<Record<Service, PortalService>>>;
  readonly heartbeatRelay: HeartbeatRelay;
}

interface PortalService {
  readonly host: string;
  readonly upstream: string;
}

/** https-portal: the only container with public ports, and the only way to the others. */
export class HttpsPortal extends pulumi.ComponentResource implements IngestEndpoint {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(
    private readonly name: string,
    private readonly args: HttpsPortalArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:HttpsPortal", name, {}, opts);
    const volume = this.createVolume();
    this.container = this.createContainer(volume);
    this.issuers = this.readIssuers();
    this.registerOutputs({});
  }

  private createVolume(): Named {
    const { placement } = this.args;
    return serverVolume(`${this.name}-volume`, { placement, name: volumes.httpsPortal }, { parent: this });
  }

  private createContainer(volume: Named): docker.Container {
    const { placement, image, networks, spool, heartbeatRelay } = this.args;
    return new ServerContainer(
      this.name,
      {
        placement,
        image,
        name: containers.httpsPortal,
        networks,
        aliases: heartbeatRelay.aliases,
        volumes: ingestVolumes(volume, spool),
        entrypoint: ["sh", startScript],
        files: files(this.args),
        environment: environment(this.args),
        ports: [80, 443],
        // The start script writes the file after the first attempt for every name.
        healthCheck: ["CMD-SHELL", `service nginx status && test -e ${namesStatusFile}`],
        // Keys, on one slow core, and an attempt for each of three names.
        startPeriod: "4m0s",
        memory: 256,
        stop: containerStops.httpsPortal,
      },
      { parent: this },
    );
  }

  private readIssuers(): pulumi.Output<string> | undefined {
    const { placement, services, certificates } = this.args;
    return (
      services.telegraf &&
      preparePortalCertificate(
        resources.portalCertificate,
        {
          engine: placement.engine,
          portal: this.container,
          host: services.telegraf.host,
          certificates,
          ours: true,
        },
        { parent: this },
      )
    );
  }
}

function files({ services: { telegraf }, certificates, heartbeatRelay }: HttpsPortalArgs): ContainerFile[] {
  return [
    { path: startScript, content: renderPortalStart() },
    ...(telegraf === undefined
      ? []
      : [
          {
            path: `/var/lib/nginx-conf/${telegraf.host}.ssl.conf.erb`,
            content: renderIngestSite(telegraf, certificates),
          },
        ]),
    ...heartbeatRelay.files,
  ];
}

function environment({ services, certificates, heartbeatRelay }: HttpsPortalArgs): Record<string, string> {
  return {
    DOMAINS: Object.values(services)
      .map(({ host, upstream }) => `${host} -> ${upstream}`)
      .join(", "),
    STAGE: certificates,
    // By default nginx resolves a name once: a replaced container would get 502 for ever.
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
  };
}

/** The nginx configuration of the name that takes remote write. */
export function renderIngestSite(service: PortalService, certificates: Settings["certificates"]): string {
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
