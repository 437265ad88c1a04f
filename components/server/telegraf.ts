import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { escapeVariables, render } from "../template";
import type { InfluxDb } from "./influxDb";
import { type Placement, ServerContainer } from "./serverContainer";

/** The path of Telegraf's remote-write listener. */
export const ingestPath = "/telegraf";

const secretsFolder = "/etc/telegraf/secrets";
// The name of a secret; Telegraf takes letters, digits and underscores.
const tokenFile = "influxdb_token";

export interface TelegrafArgs extends Placement {
  readonly image: string;
  readonly networks: readonly docker.Network[];
  readonly influxDb: InfluxDb;
  /** A token that may write to the bucket. */
  readonly token: pulumi.Input<string>;
}

/** Telegraf, which takes Prometheus's remote write and writes it to InfluxDB. */
export class Telegraf extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** URL by container name, for those on one of its networks. */
  readonly url = "http://telegraf:8080";

  constructor(name: string, args: TelegrafArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:Telegraf", name, {}, opts);
    const { influxDb } = args;
    this.container = new ServerContainer(
      name,
      {
        ...args,
        name: "telegraf",
        files: [
          {
            path: "/etc/telegraf/telegraf.conf",
            content: renderTelegrafConfig({
              influxUrl: influxDb.url,
              org: influxDb.org,
              bucket: influxDb.bucket,
            }),
          },
          { path: `${secretsFolder}/${tokenFile}`, content: args.token },
        ],
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8081"],
        memory: 512,
        stopSeconds: 30,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** What `telegraf.conf` is rendered from. */
export interface TelegrafConfigView {
  readonly influxUrl: string;
  readonly org: string;
  readonly bucket: string;
}

/** The content of `telegraf.conf`; it holds no secret. */
export function renderTelegrafConfig({ influxUrl, org, bucket }: TelegrafConfigView): string {
  return render(join(__dirname, "telegraf.conf.mustache"), "toml", {
    influxUrl,
    org: escapeVariables(org),
    bucket: escapeVariables(bucket),
    ingestPath,
    secretsFolder,
    tokenFile,
  });
}
