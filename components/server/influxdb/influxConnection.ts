import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { InfluxDbSettings } from "../../settings/influxDbKinds";
import {
  bucketProperties,
  type InfluxAccess,
  type InfluxAdmin,
  renderInfluxScript,
  type TokenLogin,
} from "./influxApi";
import { ContainerScript, type ScriptPlace } from "../engine/containerScript";
import { type OutputName, readScriptOutput, withLastOutputs } from "../engine/scriptOutputs";
import type { ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

interface InfluxConnectionArgs {
  readonly engine: ServerEngine;
  readonly place: ScriptPlace;
  readonly settings: InfluxDbSettings;
  readonly login: TokenLogin;
}

/** Access by an admin token to an InfluxDB that this program did not set up: of kind `adopted`, or `external` with a token. */
export class InfluxConnection extends pulumi.ComponentResource implements InfluxAccess {
  readonly setUpAt: pulumi.Output<string>;
  readonly credentials: InfluxAdmin;

  constructor(name: string, args: InfluxConnectionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxConnection", name, {}, opts);
    const { engine, place, settings, login } = args;
    const { stdout } = new ContainerScript(
      resources.influxdbConnection,
      {
        engine,
        place,
        script: pulumi.secret(renderInfluxConnection(settings, login)),
        update: withLastOutputs("influxdbConnection", { set_up_at: "setUpAt" }),
      },
      { parent: this },
    );
    const output = (name: OutputName<"influxdbConnection">): pulumi.Output<string> =>
      pulumi.unsecret(stdout).apply((text) => readScriptOutput("influxdbConnection", name, text));
    this.setUpAt = output("setUpAt");
    this.credentials = {
      engine,
      place,
      login: pulumi.secret(login),
      orgId: output("organizationId"),
      bucket: { name: settings.bucket, id: output("bucketId") },
      tokenTriggers: [login.apiUrl, settings.org],
      isOwn: false,
    };
    this.registerOutputs({});
  }
}

/** The shell script that finds the organization, and finds or makes the bucket. */
export function renderInfluxConnection(
  { org, bucket, retentionDays }: Pick<InfluxDbSettings, "org" | "bucket" | "retentionDays">,
  login: TokenLogin,
): string {
  return renderInfluxScript(join(__dirname, "influxConnection.sh.mustache"), login, {
    org,
    bucket,
    bucketProperties: bucketProperties(bucket, retentionDays),
  });
}
