import { metricsOfSamples } from "../flux/query";
import type { Settings } from "../settings/settings";
import { clusterDashboard } from "./cluster";
import { disksDashboard } from "./disks";
import type { FluxModel } from "../flux/fluxQuery";
import { internetDashboard } from "./internet";
import { nodeDashboard } from "./node";
import type { DashboardName, MonitoringDashboard } from "./panel";
import { pi5Dashboard } from "./pi5";
import { piHealthDashboard } from "./piHealth";
import { pipelineDashboard } from "./pipeline";

type Build = (settings: Settings, credentialsMadeAt: Readonly<Record<string, string>>) => MonitoringDashboard;

const builds: Readonly<Record<DashboardName, Build>> = {
  cluster: clusterDashboard,
  node: nodeDashboard,
  "pi-health": piHealthDashboard,
  pipeline: pipelineDashboard,
  internet: internetDashboard,
  disks: disksDashboard,
  pi5: pi5Dashboard,
};

/** The dashboards that come with a preset, and which. */
const presetOf: Readonly<Partial<Record<DashboardName, keyof Settings["presets"]>>> = {
  internet: "internet",
  disks: "disks",
  pi5: "pi5",
};

/** The dashboards of a stack: those of every stack, and those of its presets. */
export function dashboardNames({ presets }: Pick<Settings, "presets">): DashboardName[] {
  return (Object.keys(builds) as DashboardName[]).filter((name) => {
    const preset = presetOf[name];
    return preset === undefined || Boolean(presets[preset]);
  });
}

/** A dashboard as the JSON that Grafana reads. */
export function renderDashboard(name: DashboardName, ...args: Parameters<Build>): string {
  return JSON.stringify(builds[name](...args).build(), null, 2);
}

/** The metrics that panels show over a time which may be long: coarser buckets need no others. */
export function metricsOverTime(settings: Settings): string[] {
  const panels = dashboardNames(settings).flatMap((name) => builds[name](settings, {}).build().panels ?? []);
  const targets = panels.flatMap((panel) => ("targets" in panel ? (panel.targets ?? []) : []));
  return metricsOfSamples(targets.map((target) => (target as FluxModel).query));
}
