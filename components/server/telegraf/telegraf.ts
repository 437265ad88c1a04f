import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { InfluxDbSettings } from "../../settings/influxDbKinds";
import { nameOfService } from "../../settings/serviceNames";
import { exposedServices, isInfluxDbOnServer, type Settings } from "../../settings/settings";
import { sizeTelegraf, type TelegrafSizing } from "../../settings/sizing";
import { escapeVariables, render } from "../../template";
import { containerStops } from "../engine/containerStops";
import {
  type ContainerFile,
  type DockerObject,
  type Placement,
  ServerContainer,
  stackLabel,
} from "../engine/serverContainer";
import { influxUrl } from "../influxdb/influxDb";
import { containers, localUrl, servicePorts, volumes } from "../resourceNames";

/** The path of Telegraf's remote-write listener. */
export const ingestPath = "/telegraf";
/** The port of its container that answers the health check. */
const healthPort = 8081;

const dataFolder = "/var/lib/telegraf";
const bufferFolder = `${dataFolder}/buffer`;

/**
 * The spool: nginx leaves a copy of each request here for a minute. telegraf.start.sh sends them all again after a start,
 * as Telegraf may have ended before it wrote them.
 */
export const spoolFolder = "/var/spool/ingest";
/** Made at every backup; Telegraf reports its age. */
export const lastBackupFile = `${dataFolder}/last-backup`;
/** Made by `npm run alert-test`; Telegraf reports it. */
export const alertTestFile = `${dataFolder}/alert-test`;
/** Where the container reports the state of its buffer; JSON. */
export const bufferStatusFile = "/tmp/buffer-status";

const startScript = "/etc/telegraf/start.sh";
const secretsFolder = "/etc/telegraf/secrets";
// The name of a secret; Telegraf takes letters, digits and underscores.
const tokenFile = "influxdb_token";

/** The name of the container. With an existing portal, the ingest proxy has the name `telegraf`. */
export function telegrafName({ ingress }: Pick<Settings, "ingress">): string {
  return ingress.kind === "existing" ? containers.telegrafBehindProxy : containers.telegraf;
}

interface TelegrafArgs {
  readonly placement: Placement;
  readonly networks: readonly DockerObject[];
  readonly settings: Settings;
  /** A token that may write to the bucket. */
  readonly token: pulumi.Input<string>;
  /** The container from which Telegraf reads the certificates; undefined: it connects to each public name. */
  readonly portal: string | undefined;
  /** Where nginx reports the number of its requests. */
  readonly statusUrl: string;
}

/** Telegraf, which takes Prometheus's remote write and writes it to InfluxDB. */
export class Telegraf extends pulumi.ComponentResource {
  /** For the copies of requests; see `spoolFolder`. */
  readonly spool: docker.Volume;

  constructor(
    private readonly name: string,
    private readonly args: TelegrafArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:Telegraf", name, {}, opts);
    this.spool = this.createSpool();
    this.createContainer();
    this.registerOutputs({});
  }

  /** In memory and bounded: when it is full, the portal refuses requests, and Prometheus keeps them. */
  private createSpool(): docker.Volume {
    const { engine, stack } = this.args.placement;
    const driverOpts = { type: "tmpfs", device: "tmpfs", o: "size=96m" };
    return new docker.Volume(
      `${this.name}-spool`,
      { name: volumes.ingestSpool, labels: [stackLabel(stack)], driverOpts },
      { parent: this, provider: engine.provider },
    );
  }

  private createContainer(): void {
    const { placement, networks, settings } = this.args;
    const sizing = sizeTelegraf(settings);
    new ServerContainer(
      this.name,
      {
        placement,
        image: settings.images.telegraf,
        name: telegrafName(settings),
        networks,
        data: { volume: volumes.telegraf, path: dataFolder },
        otherVolumes: [{ volume: this.spool, path: spoolFolder }],
        entrypoint: ["sh", startScript],
        files: files(this.args, sizing),
        environment: {
          // Go's default of 100 collects garbage whenever the heap has doubled, which takes a fifth of Telegraf's time:
          // its disk buffer allocates each sample twice (docs/fleets.md).
          GOGC: "400",
          GOMEMLIMIT: `${sizing.goLimit}MiB`,
        },
        healthCheck: ["CMD", "curl", "--fail", "--silent", `http://localhost:${healthPort}`],
        memory: sizing.memory,
        stop: containerStops.telegraf,
      },
      { parent: this },
    );
  }
}

function files(
  { settings, token, portal, statusUrl }: TelegrafArgs,
  sizing: TelegrafSizing,
): ContainerFile[] {
  const { influxdb } = settings;
  return [
    { path: startScript, content: renderTelegrafStart(influxdb, sizing) },
    {
      path: "/etc/telegraf/repair_buffer.pl",
      content: readFileSync(join(__dirname, "telegraf.repairBuffer.pl"), "utf8"),
    },
    {
      path: "/etc/telegraf/telegraf.conf",
      content: renderTelegrafConfig({
        influxUrl: influxUrl(influxdb),
        org: influxdb.org,
        bucket: influxdb.bucket,
        publicNames: exposedServices(settings).map((service) => nameOfService(service, settings)),
        portal,
        statusUrl,
        seesInfluxMetrics: isInfluxDbOnServer(settings),
        sizing,
      }),
    },
    { path: `${secretsFolder}/${tokenFile}`, content: token },
  ];
}

/** The data of the template of `telegraf.conf`. */
export interface TelegrafConfigView extends Pick<TelegrafArgs, "portal" | "statusUrl"> {
  readonly influxUrl: string;
  readonly org: string;
  readonly bucket: string;
  /** The names that there are certificates for. */
  readonly publicNames: readonly string[];
  /** Whether Telegraf may scrape InfluxDB's own metrics. */
  readonly seesInfluxMetrics: boolean;
  readonly sizing: Pick<TelegrafSizing, "batchSize" | "memoryBufferLimit">;
}

/** The content of `telegraf.conf`; it holds no secret. */
export function renderTelegrafConfig({
  org,
  bucket,
  sizing,
  publicNames,
  portal,
  ...view
}: TelegrafConfigView): string {
  return render(join(__dirname, "telegraf.conf.mustache"), "toml", {
    ...view,
    ...sizing,
    org: escapeVariables(org),
    bucket: escapeVariables(bucket),
    influxMetricsUrl: `${view.influxUrl}/metrics`,
    publicNames: publicNames.map((name) => ({ name, source: `tcp://${portal ?? name}:443` })),
    ingestPort: servicePorts.telegraf,
    ingestPath,
    healthPort,
    dataFolder,
    lastBackupFile,
    alertTestFile,
    bufferFolder,
    secretsFolder,
    tokenFile,
  });
}

/** The shell script that is the container's entry point. */
export function renderTelegrafStart(
  influxdb: InfluxDbSettings,
  { bufferLimit }: Pick<TelegrafSizing, "bufferLimit">,
): string {
  return render(join(__dirname, "telegraf.start.sh.mustache"), "shell", {
    influxUrl: influxUrl(influxdb),
    // InfluxDB Cloud has no `health`.
    healthPath: influxdb.kind === "external" ? "ping" : "health",
    // The sizing counts in units of 1,000,000 bytes. Taken as MiB, they are a limit that is 5 % higher.
    bufferLimitKb: bufferLimit * 1024,
    dataFolder,
    bufferFolder,
    spoolFolder,
    ingestUrl: `${localUrl("telegraf")}${ingestPath}`,
    statusFile: bufferStatusFile,
  });
}
