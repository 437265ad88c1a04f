import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import type { TelegrafSizing } from "../../settings/sizing";
import { escapeVariables, render } from "../../template";
import { containerStops } from "../engine/containerStops";
import type { InfluxAccess } from "../influxdb/influxApi";
import {
  type ContainerFile,
  type Named,
  type Placement,
  ServerContainer,
  stackLabel,
} from "../engine/serverContainer";
import { serverVolume } from "../engine/serverVolume";
import { containers, volumes } from "../resourceNames";

/** The path of Telegraf's remote-write listener. */
export const ingestPath = "/telegraf";

const dataFolder = "/var/lib/telegraf";
const bufferFolder = `${dataFolder}/buffer`;
/** The name of the container. An existing portal reaches the ingest proxy by the name `telegraf`. */
export function telegrafName({ ingress }: Pick<Settings, "ingress">): string {
  return ingress.kind === "existing" ? containers.telegrafBehindProxy : containers.telegraf;
}

/** Where the portal and Telegraf keep the requests of the last minute. */
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

export interface TelegrafArgs {
  readonly placement: Placement;
  readonly image: string;
  /** Of the container. */
  readonly name: string;
  readonly networks: readonly Named[];
  readonly influxDb: InfluxAccess;
  /** A token that may write to the bucket. */
  readonly token: pulumi.Input<string>;
  /** The names that there are certificates for. */
  readonly publicNames: readonly string[];
  /** The host name of the portal that has them; undefined where each is probed by its own name. */
  readonly portal: string | undefined;
  /** Where nginx reports the number of its requests. */
  readonly statusUrl: string;
  /** Whether Telegraf may scrape InfluxDB's own metrics. */
  readonly seesInfluxMetrics: boolean;
  readonly sizing: TelegrafSizing;
}

/** Telegraf, which takes Prometheus's remote write and writes it to InfluxDB. */
export class Telegraf extends pulumi.ComponentResource {
  /** Requests that are sent to Telegraf again if it ends before it has stored them. */
  readonly spool: docker.Volume;
  /** URL by container name, for those on one of its networks. */
  readonly url: string;

  constructor(
    private readonly name: string,
    private readonly args: TelegrafArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:Telegraf", name, {}, opts);
    const volume = this.createVolume();
    const spool = this.createSpool();
    this.createContainer(volume, spool);

    this.spool = spool;
    this.url = `http://${args.name}:8080`;
    this.registerOutputs({});
  }

  private createVolume(): Named {
    const { placement } = this.args;
    return serverVolume(`${this.name}-volume`, { placement, name: volumes.telegraf }, { parent: this });
  }

  /** In memory and bounded: the portal writes also while no one reads. It refuses the rest, which Prometheus keeps. */
  private createSpool(): docker.Volume {
    const { engine, stack } = this.args.placement;
    const driverOpts = { type: "tmpfs", device: "tmpfs", o: "size=96m" };
    return new docker.Volume(
      `${this.name}-spool`,
      { name: volumes.ingestSpool, labels: [stackLabel(stack)], driverOpts },
      { parent: this, provider: engine.provider },
    );
  }

  private createContainer(volume: Named, spool: Named): void {
    const { placement, image, name, networks, sizing } = this.args;
    new ServerContainer(
      this.name,
      {
        placement,
        image,
        name,
        networks,
        volumes: [
          { volume, path: dataFolder },
          { volume: spool, path: spoolFolder },
        ],
        entrypoint: ["sh", startScript],
        files: files(this.args),
        environment: {
          // Go's default of 100 collects garbage whenever the heap has doubled, which takes a fifth of Telegraf's time:
          // its disk buffer makes an object of each sample twice (docs/fleets.md).
          GOGC: "400",
          GOMEMLIMIT: `${sizing.goLimit}MiB`,
        },
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8081"],
        memory: sizing.memory,
        stop: containerStops.telegraf,
      },
      { parent: this },
    );
  }
}

function files({ influxDb, token, sizing, ...args }: TelegrafArgs): ContainerFile[] {
  const { url: influxUrl, healthPath, org, bucket } = influxDb;
  const { publicNames, portal, statusUrl, seesInfluxMetrics } = args;
  return [
    {
      path: startScript,
      content: renderTelegrafStart({ influxUrl, healthPath, bufferLimit: sizing.bufferLimit }),
    },
    {
      path: "/etc/telegraf/repair_buffer.pl",
      content: readFileSync(join(__dirname, "telegraf.repairBuffer.pl"), "utf8"),
    },
    {
      path: "/etc/telegraf/telegraf.conf",
      content: renderTelegrafConfig({
        influxUrl,
        org,
        bucket,
        publicNames,
        portal,
        statusUrl,
        seesInfluxMetrics,
        sizing,
      }),
    },
    { path: `${secretsFolder}/${tokenFile}`, content: token },
  ];
}

export interface TelegrafConfigView extends Pick<
  TelegrafArgs,
  "publicNames" | "portal" | "statusUrl" | "seesInfluxMetrics"
> {
  readonly influxUrl: string;
  readonly org: string;
  readonly bucket: string;
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
    ingestPath,
    dataFolder,
    lastBackupFile,
    alertTestFile,
    bufferFolder,
    secretsFolder,
    tokenFile,
  });
}

export interface TelegrafStartView {
  readonly influxUrl: string;
  /** Where InfluxDB answers when it is healthy. */
  readonly healthPath: InfluxAccess["healthPath"];
  /** In megabytes. */
  readonly bufferLimit: number;
}

/** The shell script that is the container's entry point. */
export function renderTelegrafStart({ influxUrl, healthPath, bufferLimit }: TelegrafStartView): string {
  return render(join(__dirname, "telegraf.start.sh.mustache"), "shell", {
    influxUrl,
    healthPath,
    bufferLimitKb: bufferLimit * 1024,
    dataFolder,
    bufferFolder,
    spoolFolder,
    ingestUrl: `http://localhost:8080${ingestPath}`,
    statusFile: bufferStatusFile,
  });
}
