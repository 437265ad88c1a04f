import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type { GivenTokens } from "../../settings/influxDbKinds";
import { render } from "../../template";
import type { ContainerScriptArgs, ScriptPlace } from "../engine/containerScript";
import type { ServerEngine } from "../engine/serverEngine";
import { localUrl } from "../resourceNames";

export const secondsPerDay = 24 * 60 * 60;

/** The access to an InfluxDB, run by the program or by the user. */
export interface InfluxAccess {
  /** When it was set up, or used for the first time, as ISO 8601. */
  readonly setUpAt: pulumi.Output<string>;
  /** Of the admin that the program has set up; undefined where a user has set InfluxDB up. */
  readonly adminPassword?: pulumi.Output<string> | undefined;
  /** How the program administers it, or the two tokens that the settings give. */
  readonly credentials: InfluxAdmin | GivenTokens;
}

export interface InfluxAdmin {
  readonly engine: ServerEngine;
  /** Where scripts reach InfluxDB's API. */
  readonly place: ScriptPlace;
  readonly login: pulumi.Output<AdminLogin>;
  /** Known when InfluxDB is set up; resources that use it wait for that. */
  readonly orgId: pulumi.Output<string>;
  /** For the samples. */
  readonly bucket: InfluxBucket;
  /** What the tokens belong to; a change replaces them. */
  readonly tokenTriggers: readonly string[];
  /** Whether the program has set InfluxDB up, which then goes with the stack. Otherwise it outlives the stack. */
  readonly isOwn: boolean;
}

export interface InfluxBucket {
  readonly name: string;
  readonly id: pulumi.Output<string>;
}

/** What the program logs in with: the password that it has set, or an admin token of the user's. */
export type AdminLogin = { readonly adminUser: string; readonly adminPassword: string } | TokenLogin;

export interface TokenLogin {
  readonly adminToken: string;
  /** InfluxDB's URL, from where the scripts run. */
  readonly apiUrl: string;
}

/** A shell script that calls InfluxDB's API; see influxApi.sh.mustache. */
export function renderInfluxScript(file: string, login: AdminLogin, view: object): string {
  const access =
    "adminToken" in login
      ? { byPassword: false, apiUrl: login.apiUrl, adminSecret: login.adminToken }
      : {
          byPassword: true,
          apiUrl: localUrl("influxdb"),
          adminUser: login.adminUser,
          adminSecret: login.adminPassword,
        };
  return render(file, "shell", { ...view, ...access });
}

/** What an inspection looks for; other stacks and their owners may have more in the same InfluxDB. */
interface InfluxInspection {
  readonly org: string;
  /** The names of the buckets. */
  readonly buckets: readonly string[];
  /** The names of the tasks. */
  readonly tasks: readonly string[];
}

/** The shell script that reports which of these buckets and tasks InfluxDB has, and its tokens. */
export function renderInfluxInspection(login: AdminLogin, inspection: InfluxInspection): string {
  return renderInfluxScript(join(__dirname, "influxApi.inspect.sh.mustache"), login, inspection);
}

/** A bucket as InfluxDB's API takes it, without the braces: a script adds the organization's id when it makes it. */
export function bucketProperties(name: string, retentionDays: number, description?: string): string {
  const retentionRules = [{ type: "expire", everySeconds: retentionDays * secondsPerDay }];
  return JSON.stringify({ name, retentionRules, description }).slice(1, -1);
}

/** How a script removes what it has made, from an InfluxDB that outlives the stack. */
export function removal({ isOwn }: InfluxAdmin): Pick<ContainerScriptArgs, "verbs"> {
  return isOwn ? {} : { verbs: { remove: "remove" } };
}
