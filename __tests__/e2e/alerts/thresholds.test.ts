import { parse } from "yaml";
import { renderRules } from "../../../components/alerts/provisioning";
import { exampleSettings } from "../../support/exampleSettings";
import { type AdminSession, signInAsAdmin } from "../support/adminSession";
import { evaluate, type Rule } from "../support/provisioned";
import { startRehearsal } from "../support/rehearsal";

// What the rules find in samples that this suite writes, for what cannot be made to happen in the rehearsal.

const buckets = ["healthy", "wrong"] as const;
type Bucket = (typeof buckets)[number];

function rulesOf(bucket: Bucket): readonly Rule[] {
  // Of its nodes, only kube-0 is a master.
  const settings = exampleSettings({ influxdb: { bucket }, presets: { internet: true } });
  const file = parse(renderRules(settings, {})) as { groups: { rules: Rule[] }[] };
  return file.groups.flatMap(({ rules }) => rules);
}

/** Samples in line protocol up to a time, in seconds. */
type Samples = (now: number) => readonly string[];

const pi = "prometheus_remote_write,node_name=kube-0.local";
const day = 86_400;

type Probe = Readonly<Record<string, number>>;

const answered: Probe = { probe_success: 1, probe_ip_protocol: 4, probe_duration_seconds: 0.05 };
const unanswered: Probe = { ...answered, probe_success: 0 };
const unresolved: Probe = { ...unanswered, probe_ip_protocol: 0 };

/** What a master's probes report of its targets. */
function probes(master: string, targets: Readonly<Record<string, Probe>>, time: number): string[] {
  return Object.entries(targets).map(([target, probe]) => {
    const fields = Object.entries(probe).map(([name, value]) => `${name}=${value}`);
    return `prometheus_remote_write,job=internet,node_name=${master}.local,instance=${target} ${fields.join(",")} ${time}`;
  });
}

/** Times that are a minute apart, newest first, from this one back. */
function minutes(count: number, last: number): number[] {
  return Array.from({ length: count }, (_, index) => last - index * 60);
}

/** The newest samples of the two metrics are of different scrapes, as while half of one is on its way. */
function memory(available: number, now: number): string[] {
  return [
    `${pi} node_memory_MemTotal_bytes=100 ${now - 15}`,
    `${pi} node_memory_MemAvailable_bytes=${available} ${now}`,
  ];
}

function sent(master: string, time: number): string {
  return `prometheus_remote_write,node_name=${master}.local,job=prometheus up=1 ${time}`;
}

function load(load5: number, now: number): string[] {
  const cores = [0, 1, 2, 3].map((cpu) => `${pi},cpu=${cpu},mode=idle node_cpu_seconds_total=1 ${now}`);
  return [`${pi} node_load5=${load5} ${now}`, ...cores];
}

function dropped(before: number, after: number, now: number): string[] {
  const line = "internal_write,output=influxdb_v2 metrics_dropped=";
  return [`${line}${before}i ${now - 300}`, `${line}${after}i ${now}`];
}

function disk(free: { readonly before: number; readonly after: number }, now: number): string[] {
  const line = (bytes: number, time: number): string =>
    `${pi},mountpoint=/ node_filesystem_avail_bytes=${bytes},node_filesystem_size_bytes=100 ${time}`;
  return [line(free.before, now - 5 * 3600), line(free.after, now)];
}

/** A rule, and the samples of each bucket. */
interface Case extends Readonly<Record<Bucket, Samples>> {
  readonly uid: string;
}

/** All cases are in the same two buckets; a node name of its own keeps a case apart. */
const cases: readonly Case[] = [
  {
    uid: "memory",
    healthy: (now) => memory(50, now),
    wrong: (now) => memory(5, now),
  },
  { uid: "load", healthy: (now) => load(3.9, now), wrong: (now) => load(9, now) },
  {
    uid: "clock-off",
    healthy: (now) => [`${pi} node_time_seconds=${now - 2} ${now}`],
    wrong: (now) => [`${pi} node_time_seconds=${now - 60} ${now}`],
  },
  {
    uid: "remote-write-stalled",
    // kube-1 has sent, and is no master in the settings.
    healthy: (now) => [sent("kube-0", now - 20), sent("kube-1", now - 600)],
    wrong: (now) => [sent("kube-0", now - 600), sent("kube-1", now - 600)],
  },
  { uid: "pipeline-drops", healthy: (now) => dropped(7, 7, now), wrong: (now) => dropped(0, 7, now) },
  {
    uid: "certificate",
    healthy: (now) => [`x509_cert,server_name=pi.test expiry=${60 * day}i ${now}`],
    wrong: (now) => [`x509_cert,server_name=pi.test expiry=${10 * day}i ${now}`],
  },
  {
    uid: "disk-full",
    // Both are 85 % full, but only the second one fills: a percent in half an hour.
    healthy: (now) => disk({ before: 15, after: 15 }, now),
    wrong: (now) => disk({ before: 25, after: 15 }, now),
  },
  {
    uid: "server-disk-full",
    healthy: (now) => [`disk,path=/var/lib/telegraf free=60i,total=100i ${now}`],
    wrong: (now) => [`disk,path=/var/lib/telegraf free=5i,total=100i ${now}`],
  },
  {
    uid: "internet-down",
    healthy: (now) =>
      minutes(10, now).flatMap((time) =>
        probes("kube-0", { ping: time === now ? answered : unanswered, site: answered }, time),
      ),
    wrong: (now) =>
      minutes(10, now).flatMap((time) => probes("kube-1", { ping: unanswered, site: unanswered }, time)),
  },
  {
    uid: "internet-target",
    // A line that is down is no fault of a target.
    healthy: (now) => probes("kube-2", { ping: unanswered, site: unanswered }, now),
    wrong: (now) => probes("kube-0", { ping: answered, site: unanswered }, now),
  },
  {
    uid: "internet-dns",
    healthy: (now) => probes("kube-3", { ping: answered, "dns://9.9.9.9/example.com": answered }, now),
    wrong: (now) =>
      probes("kube-0", { ping: answered, "dns://9.9.9.9/example.com": unanswered, name: unresolved }, now),
  },
  {
    uid: "internet-slow",
    // What is not answered takes the time that a probe has, and is no slow answer.
    healthy: (now) => probes("kube-4", { slow: { ...unanswered, probe_duration_seconds: 10 } }, now),
    wrong: (now) =>
      probes("kube-4", { ping: answered, slow: { ...answered, probe_duration_seconds: 3 } }, now),
  },
  {
    uid: "internet-certificate",
    healthy: (now) =>
      probes("kube-5", { own: { ...answered, probe_ssl_earliest_cert_expiry: now + 60 * day } }, now),
    wrong: (now) =>
      probes("kube-5", { own: { ...answered, probe_ssl_earliest_cert_expiry: now + 10 * day } }, now),
  },
  {
    uid: "internet-unknown",
    healthy: (now) => probes("kube-6", { ping: { up: 1 } }, now),
    wrong: (now) => probes("kube-6", { ping: { up: 0 } }, now),
  },
];

let admin: AdminSession;
let token: string;

beforeAll(async () => {
  admin = await signInAsAdmin(await startRehearsal());
  token = await admin.makeBuckets(buckets);
  const now = Math.floor(Date.now() / 1000);
  for (const bucket of buckets) {
    await admin.write(bucket, cases.flatMap((each) => each[bucket](now)).join("\n"));
  }
});

afterAll(async () => {
  // Unset if the rehearsal did not start.
  await (admin as AdminSession | undefined)?.removeAll();
});

test.each(cases)("the rule $uid is over its threshold for the wrong samples only", async ({ uid }) => {
  const isOver = async (bucket: Bucket): Promise<boolean | undefined> => {
    const rule = rulesOf(bucket).find((each) => each.uid === `pi-monitoring-${uid}`);
    const results = await evaluate(token, rule as Rule);
    return results.length === 0 ? undefined : results.some(({ fires }) => fires);
  };
  expect({ healthy: await isOver("healthy"), wrong: await isOver("wrong") }).toEqual({
    healthy: false,
    wrong: true,
  });
});
