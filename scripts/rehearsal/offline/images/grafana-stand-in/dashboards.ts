import { readFileSync } from "node:fs";
import { messageOf } from "./answer";
import { filesIn, readFiles } from "./provisioningFiles";

/** What the server reads of a panel or a variable. */
export interface Target {
  readonly datasource?: { readonly uid?: string };
  readonly query: string;
}

/** What the server reads of a dashboard's file; the rest is for the page that draws it. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly tags?: readonly string[];
  readonly panels?: readonly { readonly targets?: readonly Target[] }[];
  readonly templating?: { readonly list?: readonly (Target & { readonly name: string })[] };
}

interface Provider {
  readonly folder?: string;
  readonly options?: { readonly path?: string };
}

/** A dashboard and the folder that it is in. */
interface ProvidedDashboard {
  readonly dashboard: Dashboard;
  readonly folder: string;
}

/**
 * The dashboards of all providers, by their titles. Like Grafana, it reports a file that it cannot use, and deletes the
 * dashboard of one that is gone.
 */
export function loadDashboards(folder: string): readonly ProvidedDashboard[] {
  return readFiles<{ readonly providers?: readonly Provider[] }>(folder)
    .flatMap(({ providers = [] }) => providers)
    .flatMap((provider) =>
      filesIn(provider.options?.path ?? "", /\.json$/).flatMap((file) => load(file, provider)),
    )
    .sort((a, b) => a.dashboard.title.localeCompare(b.dashboard.title));
}

function load(file: string, { folder = "" }: Provider): ProvidedDashboard[] {
  try {
    const dashboard = loadDashboard(file);
    if (typeof dashboard.title !== "string" || dashboard.title === "") {
      throw new Error("Dashboard title cannot be empty");
    }
    return [{ dashboard, folder }];
  } catch (error) {
    console.error(`failed to load dashboard from ${file}: ${messageOf(error)}`);
    return [];
  }
}

export function loadDashboard(file: string): Dashboard {
  return JSON.parse(readFileSync(file, "utf8")) as Dashboard;
}
