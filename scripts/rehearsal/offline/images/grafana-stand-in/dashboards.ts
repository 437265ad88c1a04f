import { readFileSync } from "node:fs";
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

interface ProviderFile {
  readonly providers?: readonly { readonly options?: { readonly path?: string } }[];
}

/** The dashboards of all providers, by their titles. */
export function loadDashboards(folder: string): readonly Dashboard[] {
  return readFiles<ProviderFile>(folder)
    .flatMap(({ providers = [] }) => providers)
    .flatMap(({ options }) => filesIn(options?.path ?? "", /\.json$/))
    .map(loadDashboard)
    .sort((a, b) => a.title.localeCompare(b.title));
}

export function loadDashboard(file: string): Dashboard {
  return JSON.parse(readFileSync(file, "utf8")) as Dashboard;
}
