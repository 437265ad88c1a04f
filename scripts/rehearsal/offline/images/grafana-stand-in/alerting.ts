import { readFiles } from "./provisioningFiles";
import type { Route, State } from "./state";

interface Rule {
  readonly uid: string;
  readonly title: string;
  readonly notification_settings?: { readonly receiver: string; readonly group_by?: readonly string[] };
}

interface AlertingFile {
  readonly groups?: readonly { readonly folder: string; readonly rules: readonly Rule[] }[];
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
  for (const group of files.flatMap(({ groups = [] }) => groups)) {
    for (const rule of group.rules) {
      putRule(state, group.folder, rule);
    }
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

function putRule(state: State, folder: string, rule: Rule): void {
  const { uid, title, notification_settings: own } = rule;
  if (own !== undefined) {
    if (!state.receivers.some(({ name }) => name === own.receiver)) {
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
  state.rules.push({ uid, title, folder, ...(own === undefined ? {} : { receiver: own.receiver }) });
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
