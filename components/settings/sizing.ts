import { discoveries, type UserJob } from "./scrape";
import { type NodeSettings, seconds, type Settings } from "./settings";

// What a fleet needs, each number with where it comes from; docs/fleets.md has a table of what comes out. All values
// come in few steps: another one restarts a container or Prometheus's queue, and one more node should not be the
// reason.

/**
 * A node's series, and those of a master's own Prometheus: node_exporter alone has 770 to 860 in a bare Debian; see
 * docs/reliability.md for all numbers.
 */
const seriesPerNode = 1000;

/**
 * An exporter's series: 500 of postgres and 200 to 300 of redis on empty databases, 50 to 70 of the others without what
 * they measure, as Debian's binaries have them; process has 40 to 90 more for each name.
 */
const seriesPerExporter = 500;

/** Nodes, as far as their number, that of the masters and that of the exporters decides. */
type Fleet = readonly (Pick<NodeSettings, "master"> & Partial<Pick<NodeSettings, "exporters">>)[];

/** Jobs of the user's, as far as they decide. */
type Jobs = readonly Pick<
  UserJob,
  "master" | "scrape_interval" | "static_configs" | (typeof discoveries)[number]
>[];

/** How many send series: the nodes, and the Prometheus of each master. */
function senders(nodes: Fleet): number {
  return nodes.length + nodes.filter(({ master }) => master).length;
}

function seriesOf(nodes: Fleet): number {
  const exporters = nodes.flatMap((node) => node.exporters ?? []).length;
  return senders(nodes) * seriesPerNode + exporters * seriesPerExporter;
}

/** Targets of each entry that discovers some: they are known to Prometheus only. */
const discoveredTargets = 10;

/** The targets of each job on all its masters, and how often they are asked, in seconds; each counts as a node. */
function targetsOf(jobs: Jobs, nodes: Fleet, scrapeInterval: string): { targets: number; every: number }[] {
  const masters = nodes.filter(({ master }) => master).length;
  return jobs.map((job) => {
    const given = (job.static_configs ?? []).flatMap(({ targets }) => targets).length;
    const discovered = discoveries.flatMap((kind) => job[kind] ?? []).length * discoveredTargets;
    return {
      targets: (given + discovered) * (job.master === undefined ? masters : 1),
      every: durationSeconds(job.scrape_interval ?? "") || seconds(scrapeInterval),
    };
  });
}

/** How many seconds a duration of Prometheus is, such as `1m30s`. */
function durationSeconds(duration: string): number {
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  return [...duration.matchAll(/([0-9]+)(ms|[smhdw])/g)]
    .map(([, count, unit = ""]) => Number(count) * (units[unit] ?? 0))
    .reduce((sum, each) => sum + each, 0);
}

function samplesPerSecond(nodes: Fleet, scrapeInterval: string, jobs: Jobs): number {
  return seriesOf(nodes) / seconds(scrapeInterval) + jobSamples(nodes, scrapeInterval, jobs);
}

/** Samples of the user's jobs in a second. */
function jobSamples(nodes: Fleet, scrapeInterval: string, jobs: Jobs): number {
  return targetsOf(jobs, nodes, scrapeInterval)
    .map(({ targets, every }) => (targets * seriesPerNode) / every)
    .reduce((sum, each) => sum + each, 0);
}

/**
 * Samples in one request: 20 bytes each after compression, so 40 KB, which a home's uplink of 1 Mbit/s takes
 * a third of a second for. The default of Prometheus 2.53; that of 2.42 is 500.
 */
const samplesPerSend = 2000;

/** Requests of one shard, which sends one after the other, in a second: the line and the server's answer. */
const sendsPerSecond = 2;

/** A backlog is sent this many times faster than it has grown: that of a day in little more than an hour. */
const catchUp = 20;

/** 8 shards send 32,000 samples a second, and Telegraf takes little more on two cores. */
const fewShards = 2;
const manyShards = 8;

/** Bytes of a sample in the write-ahead log, which is compressed by default. */
const walBytesPerSample = 6;

/** The size of a segment of the write-ahead log. */
const walSegmentBytes = 128 * 1024 * 1024;

/** Hours in a block that are tried before Prometheus's own 2. Even longer ones would hold up each start. */
const longerBlocks = [8, 4];

/**
 * What a master's Prometheus needs to hold on to the samples of an outage, and to send them quickly afterwards. With
 * other values it forgets its backlog.
 *
 * @param nodes those that it scrapes, itself among them
 * @param scrapeInterval a Prometheus duration in seconds or minutes, such as `15s`
 * @param jobs those of the user's that it runs
 */
export function sizePrometheus(nodes: Fleet, scrapeInterval: string, jobs: Jobs = []) {
  const samples = samplesPerSecond(nodes, scrapeInterval, jobs);
  const wantedShards = (catchUp * samples) / (samplesPerSend * sendsPerSecond);
  const walBytesPerHour = samples * 3600 * walBytesPerSample;
  return {
    samplesPerSend,
    /** Samples that a shard holds in memory: a few requests, so that one is ready when another is answered. */
    capacity: 5 * samplesPerSend,
    /** Requests under way at a time. */
    shards: wantedShards <= fewShards ? fewShards : manyShards,
    /**
     * Hours of samples that become a block on disk. An outage of three times as many loses nothing: with the log of a
     * block in one segment, Prometheus keeps that of at least three blocks.
     */
    blockHours: longerBlocks.find((hours) => hours * walBytesPerHour <= walSegmentBytes) ?? 2,
  };
}

/**
 * Bytes of a sample in Telegraf's disk buffer: 530 as measured of a point of its own, and what the file has besides. As a
 * further field of a point it takes less.
 */
const bufferBytesPerSample = 600;

/** Samples a second up to which two batches are what a second brings: Telegraf flushes every second. */
const calmSamplesPerSecond = 2500;

export type TelegrafSizing = ReturnType<typeof sizeTelegraf>;

/** Of a container's memory; the rest is for what Go does not count. */
const goShare = 0.85;

/**
 * What Telegraf needs for the whole fleet. None of it stands in the block of its output, whose hash names the folder
 * of the buffer.
 */
export function sizeTelegraf({ nodes, prometheus, outageHours, scrape }: Settings) {
  const { scrapeInterval } = prometheus;
  const samples = samplesPerSecond(nodes, scrapeInterval, scrape);
  const scrapes = (outageHours * 3600) / seconds(scrapeInterval);
  const ofJobs = jobSamples(nodes, scrapeInterval, scrape) * outageHours * 3600;
  const bytes = (seriesOf(nodes) * scrapes + ofJobs) * bufferBytesPerSample;
  // `batchSize` is in points: samples with the same labels and time are one. With each batch that was sent, the oldest file
  // of the buffer is written again: 20 MB at most, and 10 on average. At 30,000 points a second that is 60 MB a second with
  // batches of 5,000, and 15 MB with batches of 20,000.
  // `memoryBufferLimit` is in points that are kept while the disk must not fill up any further. A point in memory takes up
  // to 1.5 KB: 250,000 are 375 MB, and a million 1.5 GB. `memory` is the container's, in megabytes.
  const step =
    samples <= calmSamplesPerSecond
      ? { batchSize: 5000, memoryBufferLimit: 250_000, memory: 512 }
      : { batchSize: 20_000, memoryBufferLimit: 1_000_000, memory: 2048 };
  return {
    ...step,
    /** Megabytes that the buffer may take on the disk. */
    bufferLimit: Math.max(256, Math.ceil(bytes / 1e6)),
    /** Megabytes from which on Go collects its garbage whatever it costs. */
    goLimit: Math.floor(goShare * step.memory),
  };
}

/**
 * Megabytes of InfluxDB for each node: 300 nodes with their dashboards took half of 1 GB, which is 1.7, with a tenth of
 * the series; a series that is written takes up to 1 KB of cache and index.
 */
const influxMegabytesPerNode = 3.2;

/** Megabytes for InfluxDB's container that are tried before the largest. */
const influxMemories = [1024, 2048, 4096];
const largestInfluxMemory = 8192;

export type InfluxDbSizing = ReturnType<typeof sizeInfluxDb>;

/** What InfluxDB needs for the whole fleet, in megabytes. */
export function sizeInfluxDb({ nodes, scrape = [] }: { readonly nodes: Fleet; readonly scrape?: Jobs }) {
  const targets = targetsOf(scrape, nodes, "1m").map((each) => each.targets);
  const wanted =
    [seriesOf(nodes) / seriesPerNode, ...targets].reduce((sum, each) => sum + each) * influxMegabytesPerNode;
  const memory = influxMemories.find((each) => wanted <= each) ?? largestInfluxMemory;
  return {
    /** Of the container. */
    memory,
    /** When Go's garbage must be collected: before the container's limit is reached, and not when it has been. */
    goLimit: Math.floor(goShare * memory),
    /** Of one query. */
    query: memory / 4,
    /** Of all queries together. */
    queries: (memory / 8) * 3,
    // What is written to a file at once; unset for InfluxDB's own 25. The name of a series is some 200 bytes, which the
    // cache counts: with a million of them, 25 MB would mean files with one value of each.
    ...(memory === influxMemories[0] ? {} : { cacheSnapshot: memory / 16 }),
  };
}

/**
 * Of Grafana's container, in megabytes, for every fleet. Grafana 13.2 runs each data source as a process:
 * https://github.com/grafana/grafana/issues/129593
 */
export const grafanaMemory = 1024;
