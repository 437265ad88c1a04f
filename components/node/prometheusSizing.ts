import { seconds } from "../settings";

/** A node's series: node_exporter alone has 770 to 860 in a bare Debian; see docs/reliability.md for all numbers. */
const seriesPerNode = 1000;

/**
 * Samples in one request: 20 bytes each after compression, so 40 KB, which a home's uplink of 1 Mbit/s takes
 * a third of a second for. The default of Prometheus 2.53; that of 2.42 is 500.
 */
const samplesPerSend = 2000;

/** Requests of one shard, which sends one after the other, in a second: the line and the server's answer. */
const sendsPerSecond = 2;

/** A backlog is sent this many times faster than it has grown: that of a day in little more than an hour. */
const catchUp = 20;

/** 8 shards send 32,000 samples a second, and Telegraf's disk buffer takes no more. */
const fewShards = 2;
const manyShards = 8;

/** Bytes of a sample in the write-ahead log, which is compressed by default. */
const walBytesPerSample = 6;

/** The size of a segment of the write-ahead log. */
const walSegmentBytes = 128 * 1024 * 1024;

/** Hours in a block that are tried before Prometheus's own 2. Even longer ones would hold up each start. */
const longerBlocks = [8, 4];

export interface PrometheusSizing {
  readonly samplesPerSend: number;
  /** Samples that a shard holds in memory: a few requests, so that one is ready when another is answered. */
  readonly capacity: number;
  /** Requests under way at a time. */
  readonly shards: number;
  /** Hours of samples that become a block on disk. An outage of three times as many loses nothing. */
  readonly blockHours: number;
}

/**
 * What Prometheus needs to hold on to the samples of an outage, and to send them quickly afterwards.
 *
 * The values come in few steps: with another one Prometheus forgets its backlog, and one more node should not be
 * the reason.
 *
 * @param scrapeInterval a Prometheus duration in seconds or minutes, such as `15s`
 */
export function sizePrometheus(nodes: number, scrapeInterval: string): PrometheusSizing {
  // The master's Prometheus, which scrapes itself too, has about as many series as a node.
  const samplesPerSecond = ((nodes + 1) * seriesPerNode) / seconds(scrapeInterval);
  const wantedShards = (catchUp * samplesPerSecond) / (samplesPerSend * sendsPerSecond);
  const walBytesPerHour = samplesPerSecond * 3600 * walBytesPerSample;
  return {
    samplesPerSend,
    capacity: 5 * samplesPerSend,
    shards: wantedShards <= fewShards ? fewShards : manyShards,
    // With the log of a block in one segment, Prometheus keeps that of at least three blocks.
    blockHours: longerBlocks.find((hours) => hours * walBytesPerHour <= walSegmentBytes) ?? 2,
  };
}
