import { z } from "zod";
import { dataSource, dataSourceName } from "../flux/fluxQuery";
import { mistakeInFile } from "../settings/describeMistakes";
import { claim, type OwnFile, ownUid } from "../settings/ownFiles";
import { hasOwnGrafana, type Settings } from "../settings/settings";
import { ownDashboardsFolder } from "./provisioning";

const exportAgain =
  "in Grafana, choose Export, Export as code, the model Classic, and leave Share dashboard with another instance off";

/** What Grafana resolves without a data source of that name. */
const builtIn = ["grafana", "-- Grafana --", "-- Mixed --", "-- Dashboard --", "__expr__", "default"];

const schema = z.looseObject(
  {
    uid: ownUid,
    title: z.string({ error: "must be text" }).regex(/\S/, { error: "must not be empty" }),
    panels: z.array(z.looseObject({ type: z.string({ error: "must be the type of a panel" }) }), {
      error: "must be a list of panels",
    }),
  },
  { error: "must be a dashboard: a JSON object" },
);

/** What is wrong with the dashboards of the user's, a line each. */
export function mistakesInDashboards(settings: Settings): string[] {
  const { dashboards } = settings.grafana;
  if (dashboards === undefined) {
    return [];
  }
  // Titles are unique in a folder, and the program's are in another one.
  const owners = new Map([[`title ${ownDashboardsFolder}`, "the folder"]]);
  return dashboards.flatMap((file) => mistakesIn(file, settings, owners));
}

/** @param owners of UIDs and titles: where two are the same, Grafana stops updating the folders of both */
function mistakesIn(file: OwnFile, settings: Settings, owners: Map<string, string>): string[] {
  const mistake = (path: readonly PropertyKey[], raw: unknown, message: string): string =>
    mistakeInFile({ setting: "grafana.dashboards", name: file.name }, path, raw, message);
  let content: unknown;
  try {
    content = JSON.parse(file.content);
  } catch (error) {
    return [mistake([], content, `must be JSON: ${error instanceof Error ? error.message : String(error)}`)];
  }
  const form = otherForm(content);
  if (form !== undefined) {
    return [mistake([], content, `${form}; ${exportAgain}`)];
  }
  const { data, error } = schema.safeParse(content);
  if (data === undefined) {
    return error.issues.map(({ path, message }) => mistake(path, content, message));
  }
  const taken = (["uid", "title"] as const).flatMap((key) => {
    const message = claim(owners, `${key} ${data[key]}`, `the file ${JSON.stringify(file.name)}`);
    return message === undefined ? [] : [mistake([key], content, message)];
  });
  const unknown = unknownDataSources(content, settings).map(({ path, message }) =>
    mistake(path, content, message),
  );
  return [...taken, ...unknown];
}

/** What else Grafana exports, which it does not provision as it is. */
function otherForm(content: unknown): string | undefined {
  const keys = typeof content === "object" ? Object.keys(content ?? {}) : [];
  if (keys.includes("apiVersion") || keys.includes("elements")) {
    return "is of the model V1 Resource or V2 Resource";
  }
  if (keys.includes("__inputs")) {
    return "is exported for another Grafana, which is asked for its data sources";
  }
  return keys.includes("dashboard") ? "is an answer of Grafana's API" : undefined;
}

/** References to data sources that Grafana does not have. On an existing volume, any may be its owner's. */
function unknownDataSources(
  content: unknown,
  settings: Settings,
): { readonly path: PropertyKey[]; readonly message: string }[] {
  const known = [...builtIn, dataSource.uid, dataSourceName, ...variablesOf(content)];
  return dataSourcesIn(content).flatMap(({ path, uid }) => {
    if (known.includes(uid)) {
      return [];
    }
    if (uid.startsWith("$")) {
      return [{ path, message: `must be a variable of the dashboard; ${exportAgain}` }];
    }
    const message = `must be a data source that is there: ${dataSource.uid}, or one that is built into Grafana`;
    return hasOwnGrafana(settings) ? [{ path, message }] : [];
  });
}

const withVariables = z.object({
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
});

/** How the variables that select a data source are named. */
function variablesOf(content: unknown): string[] {
  const list = withVariables.safeParse(content).data?.templating.list ?? [];
  return list.filter(({ type }) => type === "datasource").flatMap(({ name }) => [`$${name}`, `\${${name}}`]);
}

/** Each data source that is named: by its UID, or by its name in a dashboard of an old Grafana. */
function dataSourcesIn(value: unknown, path: PropertyKey[] = []): { path: PropertyKey[]; uid: string }[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  const entries: [PropertyKey, unknown][] = Array.isArray(value)
    ? value.map((each: unknown, index) => [index, each])
    : Object.entries(value);
  return entries.flatMap(([key, each]) => {
    const here = [...path, key];
    if (key !== "datasource") {
      return dataSourcesIn(each, here);
    }
    const uid = typeof each === "string" ? each : (each as { readonly uid?: unknown } | null)?.uid;
    return typeof uid === "string" && uid !== "" ? [{ path: here, uid }] : [];
  });
}
