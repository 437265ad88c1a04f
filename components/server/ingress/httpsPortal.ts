import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { nameOfService } from "../../settings/serviceNames";
import { exposedServices, type Settings } from "../../settings/settings";
import { render } from "../../template";
import { containerStops } from "../engine/containerStops";
import { type ContainerFile, ServerContainer } from "../engine/serverContainer";
import { containers, resources, volumes } from "../resourceNames";
import { spoolFolder } from "../telegraf/telegraf";
import { heartbeatRelay, type HeartbeatRelay } from "./heartbeatRelay";
import {
  ingressDataFolder,
  type IngestEndpoint,
  type IngestEndpointArgs,
  ingestView,
  statusPorts,
  upstreamUrls,
} from "./ingestEndpoint";
import { certificateFolder, preparePortalCertificate } from "./portalCertificate";

const startScript = "/etc/https-portal/start.sh";
/** Where the container writes which names have no certificate, and why; the file is empty if all have one. */
export const namesStatusFile = "/tmp/names-status";

/** InfluxDB and Grafana show their metrics without a login; Telegraf scrapes them from inside. */
export const withoutMetrics = "location /metrics { return 404; }";

/** Reports the number of requests to Telegraf: see `statusUrls`. */
export const statusServer = `server { listen ${statusPorts.portal}; location = /status { stub_status; } }`;

/**
 * Answers the authority's challenge for a name that is not served yet, and nothing else. The image's own block does not
 * answer it. Source: https-portal 1.25, nginx.conf.erb.
 */
export const defaultServers = [
  "server { listen 80 default_server; server_name _;",
  "location /.well-known/acme-challenge/ { alias /var/www/default/challenges/; } location / { return 444; } }",
  "server { listen 443 ssl default_server; ssl_reject_handshake on; }",
].join(" ");

/** https-portal: the only container with public ports, and the only way to the others. */
export class HttpsPortal extends pulumi.ComponentResource implements IngestEndpoint {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(
    private readonly name: string,
    private readonly args: IngestEndpointArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:HttpsPortal", name, {}, opts);
    this.container = this.createContainer();
    this.issuers = preparePortalCertificate(
      resources.portalCertificate,
      args,
      { portal: this.container, ours: true },
      this,
    );
    this.registerOutputs({});
  }

  private createContainer(): docker.Container {
    const { placement, settings, networks, spool } = this.args;
    const relay = heartbeatRelay(settings);
    return new ServerContainer(
      this.name,
      {
        placement,
        image: settings.images.httpsPortal,
        name: containers.httpsPortal,
        networks: networks.all,
        aliases: relay.aliases,
        data: { volume: volumes.httpsPortal, path: ingressDataFolder },
        otherVolumes: [{ volume: spool, path: spoolFolder }],
        entrypoint: ["sh", startScript],
        files: [...files(settings), ...relay.files],
        environment: environment(settings, relay),
        ports: [80, 443].map((port) => ({ internal: port, external: port })),
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
}

function files(settings: Settings): ContainerFile[] {
  const host = nameOfService("telegraf", settings);
  const service = { host, upstream: upstreamUrls(settings).telegraf };
  const site = {
    path: `/var/lib/nginx-conf/${host}.ssl.conf.erb`,
    content: renderIngestSite(service, settings.certificates),
  };
  return [{ path: startScript, content: renderPortalStart() }, ...(settings.expose.telegraf ? [site] : [])];
}

function environment(settings: Settings, relay: HeartbeatRelay): Record<string, string> {
  const urls = upstreamUrls(settings);
  return {
    DOMAINS: exposedServices(settings)
      .map((service) => `${nameOfService(service, settings)} -> ${urls[service]}`)
      .join(", "),
    STAGE: settings.certificates,
    // By default nginx resolves a name once: a replaced container would get 502 for ever.
    DYNAMIC_UPSTREAM: "true",
    RESOLVER: "127.0.0.11 ipv6=off valid=5s",
    // Grafana's live updates.
    WEBSOCKET: "true",
    CUSTOM_NGINX_SERVER_CONFIG_BLOCK: withoutMetrics,
    CUSTOM_NGINX_GLOBAL_HTTP_CONFIG_BLOCK: `${statusServer} ${relay.include}`.trim(),
    // nginx's own 64 holds names of 46 characters; a certificate takes 64. Source: `NGX_HASH_ELT_SIZE` in src/core/ngx_hash.c
    SERVER_NAMES_HASH_BUCKET_SIZE: "128",
    DEFAULT_SERVER_BLOCK: defaultServers,
    // Milliseconds that s6 waits at the end, even when no process is left; 3,000 by default. Nothing answers meanwhile.
    S6_KILL_GRACETIME: "200",
  };
}

/** The nginx configuration of the name that takes remote write. */
export function renderIngestSite(
  service: { readonly host: string; readonly upstream: string },
  certificates: Settings["certificates"],
): string {
  return render(join(__dirname, "httpsPortal.ingest.conf.mustache"), "nginx", {
    ...ingestView,
    ...service,
    certificateFolder: certificateFolder(service.host, certificates),
  });
}

/** The shell script that is the container's entry point. */
export function renderPortalStart(): string {
  return render(join(__dirname, "httpsPortal.start.sh.mustache"), "shell", {
    dataFolder: ingressDataFolder,
    statusFile: namesStatusFile,
  });
}
