import {
  daysSince,
  knownNodes,
  latest,
  listOf,
  newest,
  ofNodes,
  recent,
  samples,
  serverSamples,
} from "../flux/query";
import { loadPerCore, memoryUse, rootReadOnly, temperature } from "../flux/nodeMetrics";
import { privateAuthority } from "../settings/ingress";
import { seconds, type Settings } from "../settings/settings";

/** What a message is about; alerts of one topic are one message. */
export type Topic =
  "reachability" | "health" | "storage" | "pipeline" | "credentials" | "internet" | "test" | "heartbeat";

/** An alert: a query with a value for each thing that may be wrong, and when it is. */
export interface Rule {
  /** Never changed: Grafana knows the rule, and its state, by it. */
  readonly uid: string;
  readonly title: string;
  readonly topic: Topic;
  /** What is wrong, with Go templates of `.Labels` and `.Values.B.Value`; without a `$`, which Grafana would expand. */
  readonly summary: string;
  /** What to do about it. */
  readonly description: string;
  /** Flux, as `completeQuery` takes it; the last value of each series counts. */
  readonly query: string;
  /** The tags that distinguish the alerts of a rule; each has them as labels. Unless set, each node has an alert. */
  readonly by?: readonly string[];
  /** How many seconds back the query looks. */
  readonly lookBack: number;
  readonly fires: { readonly above: number } | { readonly below: number };
  /** How long it must be so, in seconds; unset, the alert fires at once. */
  readonly forSeconds?: number;
  /** What it means that the query cannot be run: nothing has changed, unless the rule is about that. */
  readonly onError?: "Alerting" | "OK";
  /** Whether the settings leave nothing that could be wrong. */
  readonly paused?: boolean;
}

/** The node of an alert, and its value in a format of Go's, in a message. */
export const node = "{{ .Labels.node_name }}";
export const value = (format: string): string => `{{ printf "${format}" .Values.B.Value }}`;
/** In seconds. */
export const minute = 60;
export const hour = 60 * minute;

/**
 * The rules of every stack; presetRules.ts has those of presets.
 *
 * @param credentialsMadeAt when each credential was made
 */
export function rules(settings: Settings, credentialsMadeAt: Readonly<Record<string, string>>): Rule[] {
  const { alerts, nodes, backup, rotateAfterDays, stack } = settings;
  const expected = nodes.filter(({ mayBeOff }) => !mayBeOff);
  const masters = nodes.filter(({ master }) => master);
  const doctor = `\`npm run doctor -- ${stack}\``;
  const silent = alerts.silentMinutes * minute;
  // After two scrapes that have brought nothing, and the time that samples take. At least two minutes, as an alert must not
  // fire for what passes; doctor looks when a person asks, and takes less (`freshSeconds`).
  const gap = Math.max(2 * minute, 2 * seconds(settings.prometheus.scrapeInterval) + 30);
  const lately = Math.max(5 * minute, gap);
  return [
    {
      uid: "node-silent",
      title: "Node is silent",
      topic: "reachability",
      summary: `${node} is silent`,
      description: `No metrics of this node have arrived. If all nodes of a master are silent, check the master and its network first. Otherwise check this node's power, SD card and network: \`ping\` it, then run ${doctor}.`,
      query: `union(tables: [
  ${knownNodes(nodes, 0)},
  ${samples({ of: ["up"], where: 'r.job == "node"' })} |> group(columns: ["node_name"]) |> sum() |> keep(columns: ["node_name", "_value"]),
]) ${ofNodes(expected)} |> group(columns: ["node_name"]) |> sum()`,
      paused: expected.length === 0,
      lookBack: gap,
      fires: { below: 1 },
      forSeconds: silent,
    },
    {
      uid: "remote-write-stalled",
      title: "Master sends nothing",
      topic: "reachability",
      summary: `Nothing has arrived from the master ${node} for ${value("%.0f")} s`,
      description:
        "Prometheus on the master is down, or cannot reach the server. It keeps what it cannot send (see docs/reliability.md). On the master: `systemctl status pi-monitoring-prometheus` and `journalctl -u pi-monitoring-prometheus`.",
      query: `union(tables: [
  ${knownNodes(masters, hour)},
  ${samples({ of: ["up"], where: 'r.job == "prometheus"' })} ${newest("node_name")}
    |> map(fn: (r) => ({node_name: r.node_name, _value: float(v: int(v: now()) - int(v: r._time)) / 1000000000.0})),
]) ${ofNodes(masters)} |> group(columns: ["node_name"]) |> min()`,
      lookBack: Math.max(hour, gap),
      fires: { above: gap },
      forSeconds: silent,
    },
    {
      uid: "temperature",
      title: "Node is hot",
      topic: "health",
      summary: `${node} is ${value("%.1f")} °C hot`,
      description:
        "A Pi slows down at 80 °C. Give it a heat sink, a fan or a cooler place. The Node dashboard shows what keeps it busy.",
      query: `${temperature(samples)} |> last()`,
      lookBack: lately,
      fires: { above: alerts.temperatureCelsius },
      forSeconds: 5 * minute,
    },
    {
      uid: "under-voltage",
      title: "Voltage is too low",
      topic: "health",
      summary: `${node} had too low a voltage in the last 15 minutes`,
      description:
        "Its power supply or cable is too weak, and its SD card is at risk. Use the supply made for the model and a short thick cable, and put USB devices on a hub with its own power.",
      query: throttleBits('r.condition == "under_voltage"', "node_name"),
      lookBack: 15 * minute,
      fires: { above: 0 },
    },
    {
      uid: "throttled",
      title: "Node is throttled",
      topic: "health",
      summary: `${node} is throttled by its firmware: {{ .Labels.condition }}`,
      description:
        "It is too hot, or its voltage was too low, so it runs slower to protect itself. The dashboard Pi health shows which: cool it, or give it a better power supply.",
      query: throttleBits('r.condition != "under_voltage"', "node_name", "condition"),
      by: ["node_name", "condition"],
      lookBack: 15 * minute,
      fires: { above: 0 },
    },
    {
      uid: "sensors-stale",
      title: "Sensors do not answer",
      topic: "health",
      summary: `The sensors of ${node} have not been read for ${value("%.0f")} s`,
      description:
        "Its temperature, voltage and throttling are out of date. On the node: `systemctl status pi-monitoring-textfiles.timer pi-monitoring-textfiles`.",
      query: `${samples({ of: ["node_textfile_mtime_seconds"], where: "r.file =~ /raspberrypi/" })} ${newest("node_name", "file")}
  |> map(fn: (r) => ({node_name: r.node_name, _value: float(v: int(v: r._time)) / 1000000000.0 - r._value})) |> group(columns: ["node_name"]) |> max()`,
      lookBack: lately,
      fires: { above: 5 * minute },
      forSeconds: 5 * minute,
    },
    {
      uid: "read-only",
      title: "Root file system is read-only",
      topic: "storage",
      summary: `/ of ${node} is read-only`,
      description: `Linux does that when the SD card fails. Save what you need, put in a new card, and set the node up again with \`npm run deploy -- ${stack} --forget NAME\`, with its name in the settings as NAME.`,
      query: rootReadOnly(samples),
      lookBack: lately,
      fires: { above: 0 },
      forSeconds: 2 * minute,
    },
    {
      uid: "disk-full",
      title: "Disk is full soon",
      topic: "storage",
      summary: `{{ .Labels.mountpoint }} of ${node} is full in ${value("%.0f")} hours`,
      description:
        "0 hours: it is over the limit already. On the node: `sudo du -xh / | sort -h | tail`, `sudo journalctl --vacuum-size=100M` and `sudo apt clean`.",
      query: hoursUntilFull({
        free: samples({ of: ["node_filesystem_avail_bytes"] }),
        size: samples({ of: ["node_filesystem_size_bytes"] }),
        by: ["node_name", "mountpoint"],
        limit: alerts.diskPercent,
      }),
      by: ["node_name", "mountpoint"],
      lookBack: 6 * hour,
      fires: { below: alerts.diskFullHours },
      forSeconds: 5 * minute,
    },
    {
      uid: "memory",
      title: "Memory is short",
      topic: "health",
      summary: `${node} uses ${value("%.0f")} % of its memory`,
      description:
        "Linux will soon end processes. On the node, `ps aux --sort=-rss | head` shows which use it.",
      query: memoryUse(samples, latest("node_name")),
      lookBack: lately,
      fires: { above: alerts.memoryPercent },
      forSeconds: 10 * minute,
    },
    {
      uid: "load",
      title: "Load is high",
      topic: "health",
      summary: `${node} has a load of ${value("%.1f")} for each core`,
      description:
        "More processes run than its cores can take, or wait for the SD card. On the node: `top`, and `iotop` for the card.",
      query: `${loadPerCore(recent)} |> last()`,
      lookBack: lately,
      fires: { above: alerts.loadPerCore },
      forSeconds: 15 * minute,
    },
    {
      uid: "clock-off",
      title: "Clock is off",
      topic: "health",
      summary: `The clock of ${node} is ${value("%.0f")} s off`,
      description:
        "Compared with the master's clock. Certificates and logs depend on it. On the node: `timedatectl` and `systemctl status systemd-timesyncd`.",
      query: `${samples({ of: ["node_time_seconds"] })} ${newest("node_name")}
  |> map(fn: (r) => ({node_name: r.node_name, _value: math.abs(x: float(v: int(v: r._time)) / 1000000000.0 - r._value)})) |> group(columns: ["node_name"])`,
      lookBack: lately,
      fires: { above: alerts.clockSeconds },
      forSeconds: 10 * minute,
    },
    {
      uid: "pipeline-drops",
      title: "Samples are dropped",
      topic: "pipeline",
      summary: `Telegraf has dropped ${value("%.0f")} points in ten minutes`,
      description: `InfluxDB refuses them, or Telegraf's memory was full. Run ${doctor}; on the server: \`docker logs telegraf\`.`,
      query: `${serverSamples("internal_write", "metrics_dropped", 'r.output == "influxdb_v2"')}
  |> increase() |> last() |> map(fn: (r) => ({output: r.output, _value: float(v: r._value)})) |> group(columns: ["output"])`,
      by: ["output"],
      lookBack: 10 * minute,
      fires: { above: 0 },
    },
    {
      uid: "pipeline-silent",
      title: "Server's pipeline is silent",
      topic: "pipeline",
      summary: "Telegraf or InfluxDB on the server does not work",
      description:
        "No metrics of Telegraf itself have arrived, or InfluxDB does not answer. On the server: `docker ps`, `docker logs telegraf`, `docker logs influxdb`.",
      query: `union(tables: [
  array.from(rows: [{part: "telegraf", _value: 0.0}]),
  ${serverSamples("internal_write", "buffer_size", 'r.output == "influxdb_v2"')} |> group() |> count() |> map(fn: (r) => ({part: "telegraf", _value: float(v: r._value)})),
]) |> group(columns: ["part"]) |> sum()`,
      by: ["part"],
      lookBack: 2 * minute,
      fires: { below: 1 },
      forSeconds: 2 * minute,
      onError: "Alerting",
    },
    {
      uid: "certificate",
      title: "Certificate expires soon",
      topic: "credentials",
      summary: `The certificate of {{ .Labels.server_name }} expires in ${value("%.0f")} days`,
      description:
        settings.ingress.kind !== "loopback"
          ? "The portal should have renewed it 30 days before. On the server: `docker logs https-portal`; port 80 must be reachable from outside."
          : "The web server on the server's port 443 should have renewed it: its log shows why it has not.",
      query: `${serverSamples("x509_cert", "expiry")} |> last()
  |> map(fn: (r) => ({server_name: r.server_name, _value: float(v: r._value) / 86400.0})) |> group(columns: ["server_name"])`,
      by: ["server_name"],
      lookBack: 10 * minute,
      fires: { below: alerts.certificateDays },
      forSeconds: 10 * minute,
      // Caddy's own authority signs for 12 hours (caddy 2.6, modules/caddytls/internalissuer.go).
      paused: privateAuthority(settings.ingress) !== undefined,
    },
    {
      uid: "backup-old",
      title: "Backup is too old",
      topic: "storage",
      summary: `The last backup is ${value("%.0f")} hours old`,
      description: `On the server: \`systemctl status pi-monitoring-backup\`. \`npm run backup -- ${stack}\` makes one now.`,
      // There is no date if the volume of Telegraf was replaced since the last backup.
      query: `union(tables: [
  array.from(rows: [{file: "last-backup", _value: 10000.0}]),
  ${serverSamples("filestat", "modification_time", "r.file =~ /last-backup$/")} |> last()
    |> map(fn: (r) => ({file: "last-backup", _value: float(v: int(v: now()) - r._value) / 3600000000000.0})),
]) |> group(columns: ["file"]) |> min()`,
      by: ["file"],
      lookBack: 10 * minute,
      fires: { above: alerts.backupHours },
      paused: backup.at === undefined,
      forSeconds: 10 * minute,
    },
    {
      uid: "credential-due",
      title: "Credential is overdue",
      topic: "credentials",
      summary: `The credential {{ .Labels.name }} is ${value("%.0f")} days old`,
      description: `\`npm run rotate -- {{ .Labels.name }} --stack ${stack}\` replaces it while data flows.`,
      query: daysSince(credentialsMadeAt),
      by: ["name"],
      lookBack: 5 * minute,
      fires: { above: rotateAfterDays },
      paused: rotateAfterDays === 0,
    },
    {
      uid: "server-disk-full",
      title: "Server's disk is full soon",
      topic: "storage",
      summary: `The server's disk is full in ${value("%.0f")} hours`,
      description:
        "0 hours: it is over the limit already. On the server: `docker system df`, old backups, and `influxdb.retentionDays` in the settings.",
      query: hoursUntilFull({
        free: serverSamples("disk", "free"),
        size: serverSamples("disk", "total"),
        by: ["path"],
        limit: alerts.diskPercent,
      }),
      by: ["path"],
      lookBack: 6 * hour,
      fires: { below: alerts.diskFullHours },
      forSeconds: 5 * minute,
    },
    {
      uid: "alert-test",
      title: "Test",
      topic: "test",
      summary: "This is a test: messages arrive",
      description: `\`npm run alert-test -- --stack ${stack}\` was run. Nothing is wrong.`,
      // Each test is another alert: Grafana does not send the same one again while it fires.
      query: `union(tables: [
  array.from(rows: [{file: "alert-test", touched: "never", _value: 10000.0}]),
  ${serverSamples("filestat", "modification_time", "r.file =~ /alert-test$/")} |> last()
    |> map(fn: (r) => ({file: "alert-test", touched: string(v: time(v: r._value)), _value: float(v: int(v: now()) - r._value) / 60000000000.0})),
]) |> group() |> min()`,
      by: ["file", "touched"],
      lookBack: 5 * minute,
      fires: { below: 5 },
    },
    {
      uid: "heartbeat",
      title: "Heartbeat",
      topic: "heartbeat",
      summary: "The monitoring works",
      description:
        "It is sent as long as samples arrive at the server and alerts are evaluated. The monitor that expects it reports when it stops.",
      query: `${serverSamples("internal_write", "buffer_size", 'r.output == "influxdb_v2"')} |> group() |> count()
  |> map(fn: (r) => ({_value: float(v: r._value)}))`,
      by: [],
      lookBack: 5 * minute,
      fires: { above: 0 },
      // A call while InfluxDB is down would report that everything is healthy.
      onError: "OK",
      paused: settings.contactPoints.heartbeat === undefined,
    },
  ];
}

/** 1 where a condition is reported now, or was since the last look: a bit of the boot that has just been set. */
function throttleBits(where: string, ...tags: readonly string[]): string {
  const bits = (since: string): string =>
    samples({ of: ["rpi_throttled"], where: `${where} and r.since == "${since}"` });
  return `union(tables: [
  ${bits("now")} ${newest("node_name", "condition")} |> keep(columns: ${listOf([...tags, "_value"])}),
  ${bits("boot")} |> difference(nonNegative: true) |> max() |> keep(columns: ${listOf([...tags, "_value"])}),
]) |> group(columns: ${listOf(tags)}) |> max()`;
}

/**
 * Hours until a disk is full if it goes on filling as it did; 0 over the limit, and 1000 while it does not fill or has
 * more than a fifth left.
 */
function hoursUntilFull(args: {
  readonly free: string;
  readonly size: string;
  readonly by: readonly string[];
  /** In percent. */
  readonly limit: number;
}): string {
  const part = (series: string, pick: string, name: string): string =>
    `${series} |> group(columns: ${listOf(args.by)}) |> ${pick}() |> map(fn: (r) => ({${args.by.map((tag) => `${tag}: r.${tag}`).join(", ")}, part: "${name}", time: float(v: int(v: r._time)) / 3600000000000.0, _value: float(v: r._value)}))`;
  return `parts = union(tables: [
  ${part(args.free, "first", "before")},
  ${part(args.free, "last", "free")},
  ${part(args.size, "last", "size")},
]) |> group(columns: ${listOf(args.by)})
parts |> reduce(
    identity: {before: 0.0, since: 0.0, free: 0.0, now: 0.0, size: 1.0},
    fn: (r, accumulator) => ({
      before: if r.part == "before" then r._value else accumulator.before,
      since: if r.part == "before" then r.time else accumulator.since,
      free: if r.part == "free" then r._value else accumulator.free,
      now: if r.part == "free" then r.time else accumulator.now,
      size: if r.part == "size" then r._value else accumulator.size,
    }),
  )
  |> map(fn: (r) => {
    used = 100.0 * (1.0 - r.free / r.size)
    filled = r.before - r.free
    hours = if filled <= 0.0 then 1000.0 else r.free * (r.now - r.since) / filled
    return {r with _value: if used > ${args.limit.toFixed(1)} then 0.0 else if used < 80.0 or hours > 1000.0 then 1000.0 else hours}
  })
  |> keep(columns: ${listOf([...args.by, "_value"])})`;
}
