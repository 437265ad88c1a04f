import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import type { TelegrafSizing } from "../../settings/sizing";
import { escapeVariables, render } from "../../template";
import { containerStops } from "../engine/containerStops";
import type { InfluxAccess } from "../influxdb/influxApi";
import { type Named, type Placement, ServerContainer, stackLabel } from "../engine/serverContainer";
import { containers, volumes } from "../resourceNames";

/** The path of Telegraf's remote-write listener. */
export const ingestPath = "/telegraf";

const dataFolder = "/var/lib/telegraf";
const bufferFolder = `${dataFolder}/buffer`;
/** The name of the container. Where somebody else runs the portal, `telegraf` is what it knows the gate by. */
export function telegrafName({ existing }: Pick<Settings, "existing">): string {
  return existing.httpsPortal === undefined ? containers.telegraf : containers.telegrafBehindProxy;
}

/** Where the portal and Telegraf keep the requests of the last minute. */
export const spoolFolder = "/var/spool/ingest";
/** Made at every backup, for Telegraf to tell how old the last one is. */
export const lastBackupFile = `${dataFolder}/last-backup`;
/** Made when somebody wants to see a message arrive, for Telegraf to tell. */
export const alertTestFile = `${dataFolder}/alert-test`;
/** Where the container says how its buffer is; JSON. */
export const bufferStatusFile = "/tmp/buffer-status";

const startScript = "/etc/telegraf/start.sh";
const secretsFolder = "/etc/telegraf/secrets";
// The name of a secret; Telegraf takes letters, digits and underscores.
const tokenFile = "influxdb_token";

export interface TelegrafArgs extends Placement {
  readonly image: string;
  /** Of the container. */
  readonly name: string;
  readonly networks: readonly Named[];
  readonly influxDb: InfluxAccess;
  /** A token that may write to the bucket. */
  readonly token: pulumi.Input<string>;
  /** The names that there are certificates for. */
  readonly publicNames: readonly string[];
  /** The host name of the portal that has them; unset where each is asked by its own name. */
  readonly portal: string | undefined;
  /** Where nginx says how many requests there were. */
  readonly statusUrl: string;
  /** Whether InfluxDB shows it how it is. */
  readonly seesInfluxMetrics: boolean;
  readonly sizing: TelegrafSizing;
  readonly keepVolumes: boolean;
}

/** Telegraf, which takes Prometheus's remote write and writes it to InfluxDB. */
export class Telegraf extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** Requests that are sent to Telegraf again if it ends before it has written them down. */
  readonly spool: docker.Volume;
  /** URL by container name, for those on one of its networks. */
  readonly url: string;

  constructor(name: string, args: TelegrafArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:Telegraf", name, {}, opts);
    const { influxDb, engine, sizing } = args;
    this.url = `http://${args.name}:8080`;
    const labels = [stackLabel(args.stack)];
    const volume = new docker.Volume(
      `${name}-volume`,
      { name: volumes.telegraf, labels },
      { parent: this, provider: engine.provider, retainOnDelete: args.keepVolumes },
    );
    // In memory and bounded, as the portal goes on writing while nobody reads; what is refused then, Prometheus keeps.
    this.spool = new docker.Volume(
      `${name}-spool`,
      { name: volumes.ingestSpool, labels, driverOpts: { type: "tmpfs", device: "tmpfs", o: "size=96m" } },
      { parent: this, provider: engine.provider },
    );
    this.container = new ServerContainer(
      name,
      {
        ...args,
        volumes: [
          { volume, path: dataFolder },
          { volume: this.spool, path: spoolFolder },
        ],
        entrypoint: ["sh", startScript],
        files: [
          {
            path: startScript,
            content: renderTelegrafStart({
              influxUrl: influxDb.url,
              healthPath: influxDb.healthPath,
              bufferLimit: sizing.bufferLimit,
            }),
          },
          {
            path: "/etc/telegraf/repair_buffer.pl",
            content: readFileSync(join(__dirname, "telegraf.repairBuffer.pl"), "utf8"),
          },
          {
            path: "/etc/telegraf/telegraf.conf",
            content: renderTelegrafConfig({
              influxUrl: influxDb.url,
              org: influxDb.org,
              bucket: influxDb.bucket,
              publicNames: args.publicNames,
              portal: args.portal,
              statusUrl: args.statusUrl,
              seesInfluxMetrics: args.seesInfluxMetrics,
              sizing,
            }),
          },
          { path: `${secretsFolder}/${tokenFile}`, content: args.token },
        ],
        environment: {
          // Go's own 100 collects garbage whenever the heap has doubled, which costs a fifth of Telegraf's time: its buffer
          // on disk makes an object of each sample twice (docs/fleets.md).
          GOGC: "400",
          GOMEMLIMIT: `${sizing.goLimit}MiB`,
        },
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8081"],
        memory: sizing.memory,
        stop: containerStops.telegraf,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** What `telegraf.conf` is rendered from. */
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

/** What the start script is rendered from. */
export interface TelegrafStartView {
  readonly influxUrl: string;
  /** Where InfluxDB answers when it is well. */
  readonly healthPath: InfluxAccess["healthPath"];
  /** In megabytes. */
  readonly bufferLimit: number;
}

/** The shell script that is the container's entry point; see the template. */
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
