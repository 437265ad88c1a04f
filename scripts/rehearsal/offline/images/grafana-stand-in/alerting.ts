import { expanded, readFiles } from "./provisioningFiles";
import type { Route, State } from "./state";

interface Rule {
  readonly uid?: string;
  readonly title: string;
  readonly condition?: string;
  readonly data?: readonly { readonly datasourceUid: string }[];
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly notification_settings?: { readonly receiver: string; readonly group_by?: readonly string[] };
}

interface RuleGroup {
  readonly name?: string;
  readonly folder?: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

interface AlertingFile {
  readonly groups?: readonly RuleGroup[];
  readonly deleteRules?: readonly { readonly uid: string }[];
  readonly contactPoints?: readonly {
    readonly name: string;
    readonly receivers: readonly { readonly uid: string }[];
  }[];
  readonly deleteContactPoints?: readonly { readonly uid: string }[];
  readonly policies?: readonly Route[];
}

/**
 * Does with the alerting files what Grafana does at its start, in its order.
 * Source: pkg/services/provisioning/alerting/provisioner.go and pkg/services/ngalert/provisioning.
 *
 * @throws Error where Grafana does not start
 */
export function provisionAlerting(folder: string, state: State): void {
  const files = readFiles<AlertingFile>(folder);
  files.flatMap(({ groups = [] }) => groups).forEach(checkGroup);
  for (const { name, receivers } of files.flatMap(({ contactPoints = [] }) => contactPoints)) {
    for (const { uid } of receivers) {
      putContactPoint(state, uid, name);
    }
  }
  for (const tree of files.flatMap(({ policies = [] }) => policies)) {
    const known = new Set(state.receivers.map(({ name }) => name));
    const unknown = namedBy(tree).find((receiver) => !known.has(receiver));
    if (unknown !== undefined) {
      throw new Error(`notification policies: receiver '${unknown}' does not exist`);
    }
    state.policies = tree;
  }
  // A rule that no file has stays; one file after the other deletes those that it names.
  for (const { groups = [], deleteRules = [] } of files) {
    for (const group of groups) {
      for (const rule of group.rules) {
        putRule(state, group, rule);
      }
    }
    const deleted = new Set(deleteRules.map(({ uid }) => uid));
    state.rules = state.rules.filter(({ uid }) => !deleted.has(uid));
  }
  for (const { uid } of files.flatMap(({ deleteContactPoints = [] }) => deleteContactPoints)) {
    deleteContactPoint(state, uid);
  }
}

function putContactPoint(state: State, uid: string, name: string): void {
  const before = state.receivers.find(({ uids }) => uids.includes(uid));
  if (before !== undefined && before.name !== name) {
    throw new Error(`This is a stand-in for Grafana: it does not move the contact point ${uid} to ${name}.`);
  }
  const receiver = state.receivers.find((each) => each.name === name);
  if (receiver === undefined) {
    state.receivers.push({ name, uids: [uid] });
  } else if (!receiver.uids.includes(uid)) {
    // Also to one that another file has made.
    receiver.uids.push(uid);
  }
}

/**
 * What Grafana demands of each group before it changes anything.
 * Source: `MapToModel` of pkg/services/provisioning/alerting/rules_types.go, `ValidateRuleGroupInterval`, `ValidateUID`
 */
function checkGroup({ name = "", folder = "", interval = "", rules }: RuleGroup): void {
  const refuseIf = (isWrong: boolean, message: string): void => {
    if (isWrong) {
      throw new Error(`failure parsing rules: ${message}`);
    }
  };
  refuseIf(name.trim() === "", "rule group has no name set");
  refuseIf(folder.trim() === "", "rule group has no folder set");
  refuseIf(!(seconds(interval) > 0 && seconds(interval) % 10 === 0), `the interval ${interval} is not valid`);
  for (const { uid = "", title = "", condition = "", data = [], ...rule } of rules) {
    refuseIf(title === "", "rule has no title set");
    refuseIf(uid === "", `rule '${title}' failed to parse: no UID set`);
    refuseIf(!/^[A-Za-z0-9_-]{1,40}$/.test(uid), `cannot create rule with UID '${uid}'`);
    refuseIf(
      rule.for !== undefined && Number.isNaN(seconds(rule.for)),
      `rule '${title}' failed to parse 'for' field`,
    );
    refuseIf(data.length === 0, `rule '${title}' failed to parse: no data set`);
    refuseIf(condition === "", `rule '${title}' failed to parse: no condition set`);
  }
}

/** The seconds of a duration; NaN of what Grafana does not take for one. */
function seconds(duration: string): number {
  if (!/^(?=.)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$|^0$/.test(duration)) {
    return Number.NaN;
  }
  const units: Readonly<Record<string, number>> = {
    ms: 0.001,
    s: 1,
    m: 60,
    h: 3600,
    d: 86_400,
    w: 604_800,
    y: 31_536_000,
  };
  return [...duration.matchAll(/(\d+)(ms|[a-z])/g)].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (units[unit] ?? 0),
    0,
  );
}

function putRule(state: State, { folder = "", name = "" }: RuleGroup, rule: Rule): void {
  const {
    uid = "",
    title,
    labels = {},
    notification_settings: own,
  } = expanded({ ...rule, data: [], annotations: {} });
  if (own !== undefined) {
    if (!state.receivers.some((receiver) => receiver.name === own.receiver)) {
      throw new Error(`alert rules: receiver ${own.receiver} does not exist`);
    }
    if (
      own.group_by !== undefined &&
      !["alertname", "grafana_folder"].every((label) => own.group_by?.includes(label))
    ) {
      throw new Error("alert rules: group by override must contain the required labels");
    }
  }
  state.rules = state.rules.filter((each) => each.uid !== uid);
  if (state.rules.some((each) => each.folder === folder && each.title === title)) {
    throw new Error(`alert rules: a rule with the title ${title} is in the folder ${folder} already`);
  }
  const receiver = own === undefined ? {} : { receiver: own.receiver };
  state.rules.push({ uid, title, folder, ruleGroup: expanded(name), labels, ...receiver });
}

function deleteContactPoint(state: State, uid: string): void {
  const receiver = state.receivers.find(({ uids }) => uids.includes(uid));
  if (receiver === undefined) {
    return;
  }
  receiver.uids = receiver.uids.filter((each) => each !== uid);
  if (receiver.uids.length > 0) {
    return;
  }
  if (namedBy(state.policies).includes(receiver.name)) {
    throw new Error(`contact points: '${receiver.name}' is used by a notification policy`);
  }
  if (state.rules.some((rule) => rule.receiver === receiver.name)) {
    throw new Error(`contact points: '${receiver.name}' is used by an alert rule`);
  }
  state.receivers = state.receivers.filter((each) => each !== receiver);
}

/** The receivers that a tree names. */
function namedBy({ receiver, routes = [] }: Route): string[] {
  return [...(receiver === undefined || receiver === "" ? [] : [receiver]), ...routes.flatMap(namedBy)];
}
