import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { quoteFlux, render } from "../../template";
import type { InfluxAccess, InfluxAdmin } from "./influxApi";
import { InfluxConnection } from "./influxConnection";
import { ContainerScript, printedBefore, type ScriptPlace, type ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

export interface ExternalInfluxDbArgs {
  readonly engine: ServerEngine;
  readonly settings: Settings["influxdb"];
  readonly url: string;
  /** Where scripts reach it from. */
  readonly place: ScriptPlace;
}

/** An InfluxDB that somebody else runs: in a cloud, in a cluster, or in a container of their own on the server. */
export class ExternalInfluxDb extends pulumi.ComponentResource implements InfluxAccess {
  readonly url: string;
  readonly healthPath = "ping";
  readonly org: string;
  readonly bucket: string;
  readonly setUpAt: pulumi.Output<string>;
  readonly adminPassword = undefined;
  readonly admin: InfluxAdmin | undefined;

  constructor(name: string, args: ExternalInfluxDbArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:ExternalInfluxDb", name, {}, opts);
    const { engine, settings, url, place } = args;
    const { adminToken } = settings;
    this.url = url;
    this.org = settings.org;
    this.bucket = settings.bucket;
    if (adminToken !== undefined) {
      const { setUpAt, admin } = new InfluxConnection(
        `${name}-connection`,
        { engine, place, settings, adminToken, apiUrl: url },
        { parent: this },
      );
      this.setUpAt = setUpAt;
      this.admin = admin;
    } else {
      const { stdout } = new ContainerScript(
        resources.influxdbCheck,
        {
          engine,
          container: place,
          script: pulumi.secret(renderTokenCheck(settings, url)),
          update: printedBefore({ set_up_at: 1 }),
        },
        { parent: this },
      );
      this.setUpAt = pulumi.unsecret(stdout).apply((date) => date.trim());
      this.admin = undefined;
    }
    this.registerOutputs({});
  }
}

/** Where scripts reach an InfluxDB of somebody else's: Telegraf's image has curl; theirs may not. */
export function externalPlace({ images, existing }: Pick<Settings, "images" | "existing">): {
  readonly image: string;
  readonly network: string;
} {
  return { image: images.telegraf, network: existing.networks.influxdb ?? "bridge" };
}

/** The shell script that tries the two tokens that were given; see the template. */
export function renderTokenCheck(settings: Settings["influxdb"], url: string): string {
  const { org, bucket, writeToken, readToken } = settings;
  const inBucket = new URLSearchParams({ org, bucket }).toString();
  return render(join(__dirname, "externalInfluxDb.check.sh.mustache"), "shell", {
    url,
    org,
    bucket,
    writeToken,
    readToken,
    writeUrl: `${url}/api/v2/write?${inBucket}`,
    queryUrl: `${url}/api/v2/query?${new URLSearchParams({ org }).toString()}`,
    query: `from(bucket: ${quoteFlux(bucket)}) |> range(start: -1m) |> limit(n: 1)`,
  });
}
