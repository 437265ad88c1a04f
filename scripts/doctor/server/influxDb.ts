import { coarserBuckets, renderTask, taskNameOf } from "../../../components/server/influxdb/downsampling";
import { externalPlace } from "../../../components/server/influxdb/externalInfluxDb";
import { renderInfluxInspection, secondsPerDay } from "../../../components/server/influxdb/influxApi";
import { containers } from "../../../components/server/resourceNames";
import { givenTokens } from "../../../components/settings/influxDb";
import { scriptWords } from "../../../components/server/engine/containerScript";
import type { Settings } from "../../../components/settings/settings";
import { printedBy } from "../../stack/state";
import { docker } from "./containers";
import { drift, type Finding, type Known, type Mend } from "../findings";

/** What InfluxDB has, as its API tells it. */
export interface InfluxFacts {
  readonly buckets: readonly {
    readonly id: string;
    readonly name: string;
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

const setUp: Mend = { how: "run", resource: "server-influxdb-setup" };
/** An InfluxDB of somebody else's, who says how long the bucket is kept. */
const connect: Mend = { how: "run", resource: "server-influxdb-connection-script" };
const downsample: Mend = { how: "run", resource: "server-downsampling-tasks" };
const revoke: Mend = { how: "run", resource: "server-token-revocation-script" };
const remake = (token: string): Mend => ({ how: "replace", resource: `server-${token}-token-authorization` });

/** Compares buckets, tasks and tokens with those that the program has made. */
export async function inspectInfluxDb(known: Known): Promise<Finding[]> {
  const { settings, outputs } = known;
  const { influxdb } = settings;
  if (givenTokens(influxdb) !== undefined) {
    // Its owner has given two tokens, and nothing to look at it with.
    return [];
  }
  const place = influxdb.kind === "external" ? externalPlace(settings) : { name: containers.influxdb };
  const login =
    influxdb.kind === "external" && "adminToken" in influxdb.access
      ? { adminToken: influxdb.access.adminToken, apiUrl: influxdb.url }
      : { adminUser: influxdb.adminUser, adminPassword: outputs.influxdbAdminPassword ?? "" };
  const answers = await docker(settings, scriptWords(place), renderInfluxInspection(login));
  const facts = answers
    .split("\n")
    .filter((line) => line !== "")
    .reduce<object>((all, line) => ({ ...all, ...(JSON.parse(line) as object) }), {}) as InfluxFacts;
  return influxFindings(known, facts);
}

/** What of it differs from what the program has made. */
export function influxFindings(known: Known, facts: InfluxFacts): Finding[] {
  return [...bucketFindings(known, facts), ...taskFindings(known, facts), ...tokenFindings(known, facts)];
}

interface WantedBucket {
  readonly name: string;
  /** Unset where somebody else says so. */
  readonly days: number | undefined;
  readonly mend: Mend;
}

function wantedBuckets({ influxdb, outageHours }: Settings): WantedBucket[] {
  return [
    influxdb.kind === "external"
      ? { name: influxdb.bucket, days: undefined, mend: connect }
      : { name: influxdb.bucket, days: influxdb.retentionDays, mend: setUp },
    ...coarserBuckets({ influxdb, outageHours }).map(({ target, retentionDays }) => {
      return { name: target, days: retentionDays, mend: downsample };
    }),
  ];
}

function bucketFindings(known: Known, { buckets }: InfluxFacts): Finding[] {
  return wantedBuckets(known.settings).flatMap(({ name, days, mend }) => {
    const subject = `bucket ${name}`;
    const bucket = buckets.find((each) => each.name === name);
    if (bucket === undefined) {
      // Another bucket has another id, for which no token is made out.
      const tokens = mend !== downsample ? ["telegraf", "grafana"] : ["grafana"];
      return [drift(known, subject, "it is gone, and what was in it", mend, ...tokens.map(remake))];
    }
    const kept = (bucket.retentionRules[0]?.everySeconds ?? 0) / secondsPerDay;
    const say = (number: number): string => (number === 0 ? "for ever" : `for ${number} days`);
    return days === undefined || kept === days
      ? []
      : [drift(known, subject, `it keeps what it has ${say(kept)}, and should ${say(days)}`, mend)];
  });
}

function taskFindings(known: Known, { tasks }: InfluxFacts): Finding[] {
  const { stack, influxdb, outageHours } = known.settings;
  return coarserBuckets({ influxdb, outageHours }).flatMap((bucket) => {
    const name = taskNameOf(stack, bucket);
    const task = tasks.find((each) => each.name === name);
    const problem =
      task === undefined
        ? "it is gone"
        : task.flux.trim() !== renderTask(name, bucket, known.settings).trim()
          ? "it is another one than the program has made"
          : task.status !== "active"
            ? `it is ${task.status}`
            : undefined;
    return problem === undefined ? [] : [drift(known, `task ${name}`, problem, downsample)];
  });
}

function tokenFindings(known: Known, { buckets, authorizations }: InfluxFacts): Finding[] {
  const { settings, resources } = known;
  const idOf = (bucket: string): string => buckets.find(({ name }) => name === bucket)?.id ?? "";
  const names = wantedBuckets(settings).map(({ name }) => name);
  const tokens = [
    { name: "telegraf", action: "write", reach: names.slice(0, 1) },
    { name: "grafana", action: "read", reach: names },
  ].map((token) => ({ ...token, id: printedBy(resources, remake(token.name).resource, 0) }));

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
            : `it may not ${action} ${reach.join(", ")} and nothing else`;
    return problem === undefined ? [] : [drift(known, `token ${name}`, problem, remake(name))];
  });
  const ids = tokens.map(({ id }) => id);
  const strays = authorizations
    .filter(({ id, description }) => description.startsWith(`${settings.stack}: `) && !ids.includes(id))
    .map(({ id, description }) =>
      drift(known, `token ${description}`, `the token ${id} is in use no more, and is in force`, revoke),
    );
  return [...wrong, ...strays];
}
