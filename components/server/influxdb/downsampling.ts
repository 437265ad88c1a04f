import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { metricsOverTime } from "../../dashboards/dashboards";
import { bucketSuffixes } from "../../flux/fluxQuery";
import { labelCondition } from "../../flux/labelCondition";
import { remoteWrite } from "../../flux/query";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import {
  type AdminLogin,
  bucketProperties,
  type InfluxAdmin,
  type InfluxBucket,
  removal,
  renderInfluxScript,
} from "./influxApi";
import { ContainerScript } from "../engine/containerScript";
import { resources } from "../resourceNames";

/** Buckets with means of 5 minutes and of an hour, which are kept longer than the samples, and the tasks that fill them. */
export class Downsampling extends pulumi.ComponentResource {
  readonly buckets: readonly InfluxBucket[];

  constructor(
    name: string,
    { admin, settings }: { readonly admin: InfluxAdmin; readonly settings: Settings },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:Downsampling", name, {}, opts);
    const { stdout } = new ContainerScript(
      resources.downsamplingTasks,
      {
        engine: admin.engine,
        place: admin.place,
        script: pulumi
          .all([admin.login, admin.orgId])
          .apply(([login, orgId]) => renderDownsampling(settings, login, orgId)),
        ...removal(admin),
      },
      { parent: this },
    );
    this.buckets = coarserBuckets(settings).map(({ target }, index) => ({
      name: target,
      id: pulumi.unsecret(stdout).apply((lines) => lines.split("\n")[index] ?? ""),
    }));
    this.registerOutputs({});
  }
}

/** The description of the buckets in an InfluxDB that the user has set up: one of the same name may be the user's. */
export const bucketMark = "Made by pi-monitoring";

/** The shell script that makes the buckets and the tasks. */
export function renderDownsampling(settings: Settings, login: AdminLogin, orgId: string): string {
  const mark = "adminToken" in login ? bucketMark : undefined;
  return renderInfluxScript(join(__dirname, "downsampling.sh.mustache"), login, {
    orgId,
    mark,
    coarser: coarserBuckets(settings).map((bucket) => {
      const taskName = taskNameOf(settings.stack, bucket);
      return {
        name: bucket.target,
        bucketProperties: bucketProperties(bucket.target, bucket.retentionDays, mark),
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
  /** The length of a window; a duration of Flux, as the next two. */
  readonly every: string;
  /** How long after the end of a window its value is made. */
  readonly offset: string;
  /** The longest outage, after which the value of a window is made again. */
  readonly outage: string;
}

/** The buckets, each with its source. */
export function coarserBuckets({
  influxdb,
  outageHours,
}: Pick<Settings, "influxdb" | "outageHours">): CoarserBucket[] {
  const { bucket, retentionDays5m, retentionDays1h } = influxdb;
  const outage = `${outageHours}h`;
  return [
    {
      source: bucket,
      target: bucket + bucketSuffixes.fiveMinutes,
      retentionDays: retentionDays5m,
      every: "5m",
      // Samples that are sent again, or wait for InfluxDB's restart, come a little late.
      offset: "6m",
      outage,
    },
    // It runs after the task that fills its source.
    {
      source: bucket + bucketSuffixes.fiveMinutes,
      target: bucket + bucketSuffixes.hour,
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

/** A task of InfluxDB, in Flux. */
export function renderTask(name: string, bucket: CoarserBucket, settings: Settings): string {
  const groups = new Map<string, { fn: string; labels: string; metrics: string[] }>();
  for (const metric of metricsOverTime(settings)) {
    // A counter's last value; the mean of everything else.
    const fn = /_(total|count|sum|bucket)$/.test(metric) ? "last" : "mean";
    const labels = labelCondition(metric);
    const group = groups.get(`${fn} ${labels}`) ?? { fn, labels, metrics: [] };
    group.metrics.push(metric);
    groups.set(`${fn} ${labels}`, group);
  }
  return render(join(__dirname, "downsamplingTask.flux.mustache"), "flux", {
    name,
    measurement: remoteWrite,
    ...bucket,
    groups: [...groups.values()].map(({ fn, labels, metrics }, index) => ({
      fn,
      labels,
      metrics: metrics.join("|"),
      over: `over ${index}`,
      complete: `complete ${index}`,
    })),
  });
}
