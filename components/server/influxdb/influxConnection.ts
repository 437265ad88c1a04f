import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { InfluxDbSettings } from "../../settings/influxDb";
import { bucketProperties, type InfluxAdmin, renderInfluxScript } from "./influxApi";
import { ContainerScript, type ScriptPlace } from "../engine/containerScript";
import { type OutputName, printed, printedBefore } from "../engine/scriptOutputs";
import type { ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

export interface InfluxConnectionArgs {
  readonly engine: ServerEngine;
  readonly place: ScriptPlace;
  readonly settings: InfluxDbSettings;
  readonly adminToken: string;
  /** InfluxDB's URL, from that place. */
  readonly apiUrl: string;
}

/** The access to an InfluxDB that a user has set up, by an admin token. */
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
        update: printedBefore("influxdbConnection", { set_up_at: "setUpAt" }),
      },
      { parent: this },
    );
    const output = (name: OutputName<"influxdbConnection">): pulumi.Output<string> =>
      pulumi.unsecret(stdout).apply((text) => printed("influxdbConnection", name, text));
    this.setUpAt = output("setUpAt");
    this.admin = {
      place,
      login: pulumi.secret({ adminToken, apiUrl }),
      orgId: output("organizationId"),
      bucketId: output("bucketId"),
      identity: [apiUrl, settings.org],
      outlivesStack: true,
    };
    this.registerOutputs({});
  }
}

export interface InfluxConnectionView extends Pick<InfluxDbSettings, "org" | "bucket" | "retentionDays"> {
  readonly adminToken: string;
  readonly apiUrl: string;
}

/** The shell script that finds the organization, and finds or makes the bucket. */
export function renderInfluxConnection(view: InfluxConnectionView): string {
  const { org, bucket, retentionDays } = view;
  return renderInfluxScript(join(__dirname, "influxConnection.sh.mustache"), view, {
    org,
    bucket,
    bucketProperties: bucketProperties(bucket, retentionDays),
  });
}
