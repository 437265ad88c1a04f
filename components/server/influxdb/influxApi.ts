import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { render } from "../../template";
import type { ContainerScriptArgs, ScriptPlace } from "../engine/serverEngine";

export const secondsPerDay = 24 * 60 * 60;

/** An InfluxDB, whoever runs it. */
export interface InfluxAccess {
  /** For those on the server who use it. */
  readonly url: string;
  /** Where it answers when it is well. InfluxDB Cloud has no `health`, and `ping` asks less of one that is there. */
  readonly healthPath: "health" | "ping";
  readonly org: string;
  readonly bucket: string;
  /** When it was set up, or used for the first time, as ISO 8601. */
  readonly setUpAt: pulumi.Output<string>;
  /** Of the admin that the program has set up; unset where somebody else has set InfluxDB up. */
  readonly adminPassword: pulumi.Output<string> | undefined;
  /** How the program administers it; unset where it was given no more than a token to write and one to read. */
  readonly admin: InfluxAdmin | undefined;
}

export interface InfluxAdmin {
  /** Where scripts reach InfluxDB's API. */
  readonly place: ScriptPlace;
  readonly login: pulumi.Output<AdminLogin>;
  /** Known when InfluxDB is set up; whoever uses it waits for that. */
  readonly orgId: pulumi.Output<string>;
  readonly bucketId: pulumi.Output<string>;
  /** Of which InfluxDB, and what in it, its tokens are. */
  readonly identity: readonly string[];
  /** Whether InfluxDB goes on when the stack is destroyed. */
  readonly outlivesStack: boolean;
}

/** What lets the program in: the password that it has set, or the token of whoever has set InfluxDB up. */
export type AdminLogin =
  | { readonly adminUser: string; readonly adminPassword: string }
  | {
      readonly adminToken: string;
      /** InfluxDB's, from where its scripts run. */
      readonly apiUrl: string;
    };

/** By which InfluxDB's own container reaches it. */
export const localUrl = "http://localhost:8086";

/** A shell script that calls InfluxDB's API; see influxApi.sh.mustache. */
export function renderInfluxScript(file: string, login: AdminLogin, view: object): string {
  const access =
    "adminToken" in login
      ? { byPassword: false, apiUrl: login.apiUrl, adminSecret: login.adminToken }
      : {
          byPassword: true,
          apiUrl: localUrl,
          adminUser: login.adminUser,
          adminSecret: login.adminPassword,
        };
  return render(file, "shell", { ...view, ...access });
}

/** The shell script that tells what InfluxDB has; see the template. */
export function renderInfluxInspection(login: AdminLogin): string {
  return renderInfluxScript(join(__dirname, "influxApi.inspect.sh.mustache"), login, {});
}

/** A bucket as InfluxDB's API takes it, without the braces: a script adds the organization's id when it makes it. */
export function bucketProperties(name: string, retentionDays: number): string {
  const retentionRules = [{ type: "expire", everySeconds: retentionDays * secondsPerDay }];
  return JSON.stringify({ name, retentionRules }).slice(1, -1);
}

/** Takes out of an InfluxDB that outlives the stack what a script has made in it. */
export function removal({ outlivesStack }: InfluxAdmin): Pick<ContainerScriptArgs, "remove"> {
  return outlivesStack ? { remove: (run) => `{ echo remove=true; cat; } | ${run}` } : {};
}
