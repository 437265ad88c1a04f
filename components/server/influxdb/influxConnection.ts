import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { bucketProperties, type InfluxAdmin, renderInfluxScript } from "./influxApi";
import { ContainerScript, printedBefore, type ScriptPlace, type ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

export interface InfluxConnectionArgs {
  readonly engine: ServerEngine;
  readonly place: ScriptPlace;
  readonly settings: Settings["influxdb"];
  readonly adminToken: string;
  /** InfluxDB's URL, from that place. */
  readonly apiUrl: string;
}

/** The way into an InfluxDB that somebody else has set up, by a token of theirs that may do everything. */
export class InfluxConnection extends pulumi.ComponentResource {
  readonly setUpAt: pulumi.Output<string>;
  readonly admin: InfluxAdmin;

  constructor(name: string, args: InfluxConnectionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxConnection", name, {}, opts);
    const { engine, place, settings, adminToken, apiUrl } = args;
    const { stdout } = new ContainerScript(
      resources.influxdbConnection,
      {
        engine,
        container: place,
        script: pulumi.secret(renderInfluxConnection({ ...settings, adminToken, apiUrl })),
        update: printedBefore({ set_up_at: 3 }),
      },
      { parent: this },
    );
    const line = (number: number): pulumi.Output<string> =>
      pulumi.unsecret(stdout).apply((lines) => lines.split("\n")[number] ?? "");
    this.setUpAt = line(2);
    this.admin = {
      place,
      login: pulumi.secret({ adminToken, apiUrl }),
      orgId: line(0),
      bucketId: line(1),
      identity: [apiUrl, settings.org],
      outlivesStack: true,
    };
    this.registerOutputs({});
  }
}

/** What the script is rendered from. */
export interface InfluxConnectionView extends Pick<Settings["influxdb"], "org" | "bucket" | "retentionDays"> {
  readonly adminToken: string;
  readonly apiUrl: string;
}

/** The shell script that finds the organization and the bucket, which it may have to make; see the template. */
export function renderInfluxConnection(view: InfluxConnectionView): string {
  const { org, bucket, retentionDays } = view;
  return renderInfluxScript(join(__dirname, "influxConnection.sh.mustache"), view, {
    org,
    bucket,
    bucketProperties: bucketProperties(bucket, retentionDays),
  });
}
