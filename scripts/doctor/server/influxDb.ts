import {
  bucketMark,
  coarserBuckets,
  renderTask,
  taskNameOf,
} from "../../../components/server/influxdb/downsampling";
import { externalPlace } from "../../../components/server/influxdb/externalInfluxDb";
import {
  type AdminLogin,
  renderInfluxInspection,
  secondsPerDay,
} from "../../../components/server/influxdb/influxApi";
import { tokenDescriptions } from "../../../components/server/influxdb/influxToken";
import { scriptWords } from "../../../components/server/engine/containerScript";
import { givenTokens, type InfluxDbSettings } from "../../../components/settings/influxDbKinds";
import type { Settings } from "../../../components/settings/settings";
import { readScriptOutput } from "../../../components/server/engine/scriptOutputs";
import { containers, localUrl, resources as names } from "../../../components/server/resourceNames";
import type { LoadedStack } from "../../stack/stack";
import { outputOf } from "../../stack/state";
import { type Finding, type Repair, repairableFinding } from "../findings";

/** The stack's buckets and tasks, and all tokens, as InfluxDB's API reports them. */
export interface InfluxFacts {
  readonly buckets: readonly {
    readonly id: string;
    readonly name: string;
    readonly description?: string;
    readonly retentionRules: readonly { readonly everySeconds: number }[];
  }[];
  readonly tasks: readonly { readonly name: string; readonly status: string; readonly flux: string }[];
  readonly authorizations: readonly {
    readonly id: string;
    readonly description: string;
    readonly status: string;
    readonly permissions: readonly { readonly action: string; readonly resource: { readonly id?: string } }[];
  }[];
}

type User = Parameters<typeof names.tokenAuthorization>[0];

const setUp: Repair = { how: "run", resource: names.influxdbSetup };
const connect: Repair = { how: "run", resource: names.influxdbConnection };
const downsample: Repair = { how: "run", resource: names.downsamplingTasks };
const revoke: Repair = { how: "run", resource: names.tokenRevocationScript };
const replaceToken = (user: User): Repair => ({ how: "replace", resource: names.tokenAuthorization(user) });

/** Compares buckets, tasks and tokens with the settings. */
export async function inspectInfluxDb(loaded: LoadedStack): Promise<Finding[]> {
  const { settings, outputs, server } = loaded;
  const { influxdb } = settings;
  if (givenTokens(influxdb) !== undefined) {
    // Its owner has given two tokens, neither of which may read its contents.
    return [];
  }
  const place = influxdb.kind === "external" ? externalPlace(settings) : { name: containers.influxdb };
  const login = adminLogin(influxdb, outputs.influxdbAdminPassword);
  const input = renderInfluxInspection(login, {
    org: influxdb.org,
    buckets: wantedBuckets(settings).map(({ name }) => name),
    tasks: coarserBuckets(settings).map((bucket) => taskNameOf(settings.stack, bucket)),
  });
  return influxFindings(loaded, parseFacts(await server.docker(scriptWords(place), { input })));
}

/** @param output of the inspection */
export function parseFacts(output: string): InfluxFacts {
  const answers = output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Partial<InfluxFacts>);
  return {
    buckets: answers.flatMap(({ buckets = [] }) => buckets),
    tasks: answers.flatMap(({ tasks = [] }) => tasks),
    authorizations: answers.flatMap(({ authorizations = [] }) => authorizations),
  };
}

/** @param password of the admin that the program has made */
export function adminLogin(influxdb: InfluxDbSettings, password = ""): AdminLogin {
  switch (influxdb.kind) {
    case "own":
      return { adminUser: influxdb.adminUser, adminPassword: password };
    case "adopted":
      return { adminToken: influxdb.adminToken, apiUrl: localUrl("influxdb") };
    case "external":
      return {
        adminToken: "adminToken" in influxdb.access ? influxdb.access.adminToken : "",
        apiUrl: influxdb.url,
      };
  }
}

/** The differences from the settings. */
export function influxFindings(loaded: LoadedStack, facts: InfluxFacts): Finding[] {
  return [...bucketFindings(loaded, facts), ...taskFindings(loaded, facts), ...tokenFindings(loaded, facts)];
}

function wantedBuckets({ influxdb, outageHours }: Settings) {
  const coarser = coarserBuckets({ influxdb, outageHours });
  return [
    // The owner of another InfluxDB decides how long the bucket keeps data.
    influxdb.kind === "own"
      ? { name: influxdb.bucket, days: influxdb.retentionDays, repair: setUp }
      : { name: influxdb.bucket, days: undefined, repair: connect },
    ...coarser.map(({ target, retentionDays: days }) => ({ name: target, days, repair: downsample })),
  ];
}

function bucketFindings(loaded: LoadedStack, { buckets }: InfluxFacts): Finding[] {
  const isOwn = loaded.settings.influxdb.kind === "own";
  return wantedBuckets(loaded.settings).flatMap(({ name, days, repair }) => {
    const subject = `bucket ${name}`;
    const bucket = buckets.find((each) => each.name === name);
    if (bucket === undefined) {
      // A new bucket has a new id, to which the tokens give no access.
      const users: readonly User[] = repair === downsample ? ["grafana"] : ["telegraf", "grafana"];
      const repairs = [repair, ...users.map(replaceToken)];
      return [repairableFinding(loaded, subject, "it is gone with all its data", ...repairs)];
    }
    if (!isOwn && bucket.description !== bucketMark) {
      // Its owner decides how long it keeps data.
      return [];
    }
    const kept = (bucket.retentionRules[0]?.everySeconds ?? 0) / secondsPerDay;
    const say = (number: number): string => (number === 0 ? "for ever" : `for ${number} days`);
    return days === undefined || kept === days
      ? []
      : [repairableFinding(loaded, subject, `it keeps data ${say(kept)} instead of ${say(days)}`, repair)];
  });
}

function taskFindings(loaded: LoadedStack, { tasks }: InfluxFacts): Finding[] {
  const { stack, influxdb, outageHours } = loaded.settings;
  return coarserBuckets({ influxdb, outageHours }).flatMap((bucket) => {
    const name = taskNameOf(stack, bucket);
    const task = tasks.find((each) => each.name === name);
    const problem =
      task === undefined
        ? "it is gone"
        : task.flux.trim() !== renderTask(name, bucket, loaded.settings).trim()
          ? "it differs from what was deployed"
          : task.status !== "active"
            ? `it is ${task.status}`
            : undefined;
    return problem === undefined ? [] : [repairableFinding(loaded, `task ${name}`, problem, downsample)];
  });
}

function tokenFindings(loaded: LoadedStack, { buckets, authorizations }: InfluxFacts): Finding[] {
  const { settings, resources } = loaded;
  const idOf = (bucket: string): string => buckets.find(({ name }) => name === bucket)?.id ?? "";
  const bucketNames = wantedBuckets(settings).map(({ name }) => name);
  const tokens = [
    { name: "telegraf" as const, action: "write", reach: bucketNames.slice(0, 1) },
    { name: "grafana" as const, action: "read", reach: bucketNames },
  ].map((token) => {
    const stdout = outputOf(resources, names.tokenAuthorization(token.name));
    return { ...token, id: readScriptOutput("tokenAuthorization", "tokenId", stdout) };
  });

  const wrong = tokens.flatMap(({ name, action, reach, id }) => {
    const found = authorizations.find((each) => each.id === id);
    const wanted = reach.map((bucket) => `${action} ${idOf(bucket)}`).sort();
    const may = found?.permissions.map((each) => `${each.action} ${each.resource.id ?? ""}`).sort() ?? [];
    const problem =
      found === undefined
        ? "it was revoked"
        : found.status !== "active"
          ? `it is ${found.status}`
          : may.join() === wanted.join()
            ? undefined
            : `its rights differ: it should only ${action} ${reach.join(", ")}`;
    return problem === undefined
      ? []
      : [repairableFinding(loaded, `token ${name}`, problem, replaceToken(name))];
  });
  const ids = tokens.map(({ id }) => id);
  const descriptions = tokenDescriptions(settings.stack);
  const unused = authorizations
    .filter(({ id, description }) => descriptions.includes(description) && !ids.includes(id))
    .map(({ id, description }) => {
      const problem = `the token ${id} is not used any more, and still valid`;
      return repairableFinding(loaded, `token ${description}`, problem, revoke);
    });
  return [...wrong, ...unused];
}
