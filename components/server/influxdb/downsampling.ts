import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { metricsOverTime } from "../../dashboards/dashboards";
import { setsOfLabels } from "../../flux/query";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import {
  type AdminLogin,
  bucketProperties,
  type InfluxAdmin,
  removal,
  renderInfluxScript,
} from "./influxApi";
import { ContainerScript, type ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

export interface DownsamplingArgs {
  readonly engine: ServerEngine;
  readonly admin: InfluxAdmin;
  readonly settings: Settings;
}

/** Buckets of what panels show in means of 5 minutes and of an hour, kept longer than the samples, and the tasks for them. */
export class Downsampling extends pulumi.ComponentResource {
  readonly buckets: readonly string[];
  readonly bucketIds: readonly pulumi.Output<string>[];

  constructor(name: string, args: DownsamplingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:Downsampling", name, {}, opts);
    const { engine, admin, settings } = args;
    const { stdout } = new ContainerScript(
      resources.downsampling,
      {
        engine,
        container: admin.place,
        script: pulumi
          .all([admin.login, admin.orgId])
          .apply(([login, orgId]) => renderDownsampling(settings, login, orgId)),
        ...removal(admin),
      },
      { parent: this },
    );
    this.buckets = coarserBuckets(settings).map(({ target }) => target);
    this.bucketIds = this.buckets.map((_, index) =>
      pulumi.unsecret(stdout).apply((lines) => lines.split("\n")[index] ?? ""),
    );
    this.registerOutputs({});
  }
}

/** The shell script that makes the buckets and the tasks; see the template. */
export function renderDownsampling(settings: Settings, login: AdminLogin, orgId: string): string {
  return renderInfluxScript(join(__dirname, "downsampling.sh.mustache"), login, {
    orgId,
    coarser: coarserBuckets(settings).map((bucket) => {
      const taskName = taskNameOf(settings.stack, bucket);
      return {
        name: bucket.target,
        bucketProperties: bucketProperties(bucket.target, bucket.retentionDays),
        taskName,
        // Without the braces: the script adds the organization's id when it makes the task.
        taskProperties: JSON.stringify({ flux: renderTask(taskName, bucket, settings) }).slice(1, -1),
      };
    }),
  });
}

export interface CoarserBucket {
  readonly source: string;
  readonly target: string;
  readonly retentionDays: number;
  /** Durations of Flux: of a window, how long after its end its value is made, and of the longest outage. */
  readonly every: string;
  readonly offset: string;
  readonly outage: string;
}

/** The buckets, each with where its values come from. */
export function coarserBuckets({
  influxdb,
  outageHours,
}: Pick<Settings, "influxdb" | "outageHours">): CoarserBucket[] {
  const { bucket, retentionDays5m, retentionDays1h } = influxdb;
  const outage = `${outageHours}h`;
  return [
    {
      source: bucket,
      target: `${bucket}_5m`,
      retentionDays: retentionDays5m,
      every: "5m",
      // What is sent again, or waits for InfluxDB's restart, comes a little late.
      offset: "6m",
      outage,
    },
    // After the task that it takes its values from.
    {
      source: `${bucket}_5m`,
      target: `${bucket}_1h`,
      retentionDays: retentionDays1h,
      every: "1h",
      offset: "15m",
      outage,
    },
  ];
}

/** The name of the task that fills a bucket. */
export function taskNameOf(stack: string, { target }: Pick<CoarserBucket, "target">): string {
  return `${stack}: ${target}`;
}

/** A task of InfluxDB, in Flux; see the template. */
export function renderTask(name: string, bucket: CoarserBucket, settings: Settings): string {
  const groups: { fn: string; sets: string; metrics: string[] }[] = [];
  for (const metric of metricsOverTime(settings)) {
    // Of what only grows, the last value; of everything else, the mean.
    const fn = /_(total|count|sum|bucket)$/.test(metric) ? "last" : "mean";
    const sets = setsOfLabels(metric);
    const group = groups.find((each) => each.fn === fn && each.sets === sets);
    if (group === undefined) {
      groups.push({ fn, sets, metrics: [metric] });
    } else {
      group.metrics.push(metric);
    }
  }
  return render(join(__dirname, "downsampling.flux.mustache"), "flux", {
    name,
    ...bucket,
    groups: groups.map(({ fn, sets, metrics }, index) => ({
      fn,
      sets,
      metrics: metrics.join("|"),
      over: `over ${index}`,
      complete: `complete ${index}`,
    })),
  });
}
