import { type Document, isMap, isSeq, parseDocument, visit } from "yaml";
import { dataSource } from "../flux/fluxQuery";
import { mistakeInFile } from "../settings/describeMistakes";
import { claim, type OwnFile } from "../settings/ownFiles";
import { hasOwnGrafana, type Settings } from "../settings/settings";
import { notificationSettings } from "./delivery";
import { ruleFileSchema } from "./ruleFile";

/** The folder of the user's rules in Grafana, which differs from that of the dashboards: see `ruleGroup`. */
const ownRulesFolder = "Own alerts";

/** What is wrong with the rules of the user's, a line each. */
export function mistakesInRules(settings: Settings): string[] {
  const owners = new Map<string, string>();
  return (settings.grafana.rules ?? []).flatMap((file) => mistakesIn(file, settings, owners));
}

/** @param owners of UIDs, titles and groups: Grafana may refuse a second rule of one title in a folder */
function mistakesIn(file: OwnFile, settings: Settings, owners: Map<string, string>): string[] {
  const document = parseDocument(file.content);
  const place = { setting: "grafana.rules", name: file.name } as const;
  const unreadable = mistakeInYaml(document);
  if (unreadable !== undefined) {
    return [mistakeInFile(place, [], undefined, unreadable)];
  }
  const content: unknown = document.toJS();
  const mistake = (path: readonly PropertyKey[], message: string, leftOut = false): string =>
    mistakeInFile(place, path, content, message, leftOut);
  const { data, error } = ruleFileSchema(knownTo(settings)).safeParse(content);
  if (data === undefined) {
    return error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => mistake([...issue.path, key], issue.message, true))
        : [mistake(issue.path, issue.message)],
    );
  }
  const names = data.groups.flatMap(({ name, rules }, group) => [
    { path: ["groups", group, "name"], name: `group ${name}` },
    ...rules.flatMap(({ uid, title }, rule) => [
      { path: ["groups", group, "rules", rule, "uid"], name: `uid ${uid}` },
      { path: ["groups", group, "rules", rule, "title"], name: `title ${title}` },
    ]),
  ]);
  return names.flatMap(({ path, name }) => {
    const message = claim(owners, name, `the file ${JSON.stringify(file.name)}`);
    return message === undefined ? [] : [mistake(path, message)];
  });
}

function mistakeInYaml(document: Document.Parsed): string | undefined {
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    return `must be YAML: ${problem.message.replace(/:?\n[^]*/, "")}`;
  }
  const aliases: unknown[] = [];
  visit(document, { Alias: (_, alias) => void aliases.push(alias) });
  return aliases.length === 0
    ? undefined
    : "must repeat what it names by *, as the program completes each rule by itself";
}

/** On an existing volume, Grafana may have what its owner has set up. */
function knownTo(settings: Settings): Parameters<typeof ruleFileSchema>[0] {
  return hasOwnGrafana(settings) ? { dataSources: [dataSource.uid] } : {};
}

/** The UIDs of the user's rules; the files must be right. */
export function ownRuleUids({ grafana }: Pick<Settings, "grafana">): string[] {
  return (grafana.rules ?? []).flatMap(({ content }) => {
    const { groups } = ruleFileSchema({}).parse(parseDocument(content).toJS());
    return groups.flatMap(({ rules }) => rules.map(({ uid }) => uid));
  });
}

/**
 * A file of the user's as it is provisioned: in the user's folder, and with the program's contact points where the
 * policies are another's. All else stays as it is written.
 */
export function renderOwnRules({ content }: OwnFile, settings: Settings): string {
  const document = parseDocument(content);
  document.set("apiVersion", 1);
  for (const group of mapsIn(document.get("groups"))) {
    group.set("folder", ownRulesFolder);
    for (const rule of mapsIn(group.get("rules"))) {
      if (!hasOwnGrafana(settings) && !rule.has("notification_settings")) {
        rule.set("notification_settings", document.createNode(notificationSettings()));
      }
    }
  }
  return document.toString({ lineWidth: 0 });
}

function mapsIn(list: unknown) {
  return isSeq(list) ? list.items.filter((item) => isMap(item)) : [];
}
