import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ExternalInfluxDbSettings, GivenTokens } from "../../settings/influxDbKinds";
import type { Settings } from "../../settings/settings";
import { quoteFlux, render } from "../../template";
import type { InfluxAccess } from "./influxApi";
import { InfluxConnection } from "./influxConnection";
import { ContainerScript, type ScriptPlace } from "../engine/containerScript";
import { readScriptOutput, withLastOutputs } from "../engine/scriptOutputs";
import type { ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

interface ExternalInfluxDbArgs {
  readonly engine: ServerEngine;
  readonly settings: ExternalInfluxDbSettings;
  /** Where scripts reach it from. */
  readonly place: ScriptPlace;
}

/** An InfluxDB that the program does not run: in a cloud, in a cluster, or in a container of the user's on the server. */
export class ExternalInfluxDb extends pulumi.ComponentResource implements InfluxAccess {
  readonly setUpAt: pulumi.Output<string>;
  readonly credentials: InfluxAccess["credentials"];

  constructor(name: string, args: ExternalInfluxDbArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:ExternalInfluxDb", name, {}, opts);
    const { engine, settings, place } = args;
    const { url, access } = settings;
    const { setUpAt, credentials } =
      "adminToken" in access
        ? new InfluxConnection(
            `${name}-connection`,
            { engine, place, settings, login: { adminToken: access.adminToken, apiUrl: url } },
            { parent: this },
          )
        : { setUpAt: this.checkTokens(args, access), credentials: access };

    this.setUpAt = setUpAt;
    this.credentials = credentials;
    this.registerOutputs({});
  }

  /** Tries the two tokens of the settings, and gives the date of the first time. */
  private checkTokens(
    { engine, place, settings }: ExternalInfluxDbArgs,
    tokens: GivenTokens,
  ): pulumi.Output<string> {
    const { stdout } = new ContainerScript(
      resources.influxdbCheck,
      {
        engine,
        place,
        script: pulumi.secret(renderTokenCheck(settings, tokens)),
        update: withLastOutputs("influxdbCheck", { set_up_at: "setUpAt" }),
      },
      { parent: this },
    );
    return pulumi.unsecret(stdout).apply((text) => readScriptOutput("influxdbCheck", "setUpAt", text));
  }
}

/** Where scripts reach an external InfluxDB from: Telegraf's image has curl. */
export function externalPlace({ images, existing }: Pick<Settings, "images" | "existing">) {
  return { image: images.telegraf, network: existing.networks.influxdb ?? "bridge" };
}

/** The shell script that tries the two tokens of the settings. */
export function renderTokenCheck(
  { url, org, bucket }: Pick<ExternalInfluxDbSettings, "url" | "org" | "bucket">,
  { writeToken, readToken }: GivenTokens,
): string {
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
