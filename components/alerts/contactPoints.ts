import type { ContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import { withParameter } from "../settings/contactAddresses";
import { type ContactPointKind as Kind, contactPointSettings } from "../settings/contactPoints";
import { isRelayed, relayUrl } from "../settings/heartbeat";
import type { Settings } from "../settings/settings";

/** What Grafana needs for a contact point. */
type Point = Pick<ContactPoint, "type" | "settings" | "disableResolveMessage">;
type Configured = Settings["contactPoints"];
type Builders = { readonly [Each in Kind]: (settings: NonNullable<Configured[Each]>) => Point };

const builders: Builders = {
  email: ({ to }) => ({ type: "email", settings: { addresses: to.join(";"), singleEmail: true } }),
  webhook: ({ url }) => ({ type: "webhook", settings: { url } }),
  slack: ({ url }) => ({ type: "slack", settings: { url } }),
  discord: ({ url }) => ({ type: "discord", settings: { url } }),
  telegram: ({ token, chatId }) => ({ type: "telegram", settings: { bottoken: token, chatid: chatId } }),
  // ntfy makes a message of what Grafana sends. Source: https://docs.ntfy.sh/publish/#message-templating
  ntfy: ({ url, token }) => ({
    type: "webhook",
    settings: {
      url: withParameter(url, "template=grafana"),
      ...(token !== undefined && { authorization_scheme: "Bearer", authorization_credentials: token }),
    },
  }),
  heartbeat: (heartbeat) => ({
    type: "webhook",
    settings: { url: isRelayed(heartbeat) ? relayUrl : heartbeat.url },
    // It only ever fires, so there is nothing to resolve.
    disableResolveMessage: true,
  }),
};

const kindNames = Object.keys(contactPointSettings) as Kind[];

/**
 * The names of the program's contact points in Grafana. Both always exist: a user's rule may name them, and Grafana does
 * not start when a rule names one that is deleted.
 */
export const receivers = { alerts: "Pi monitoring", heartbeat: "Pi monitoring: heartbeat" } as const;
export type ReceiverName = (typeof receivers)[keyof typeof receivers];

/**
 * Keeps a receiver that has no contact point. Grafana skips this URL; a version before 12.4 logs that it cannot call it.
 * Source: `NoopURL` of grafana/alerting, receivers/webhook/v1/config.go.
 */
const placeholder: Point = {
  type: "webhook",
  settings: { url: "grafana://noop" },
  disableResolveMessage: true,
};

/** A name with its contact points, and the UIDs that Grafana may still have under it. */
export interface Receiver {
  readonly name: ReceiverName;
  readonly contactPoints: readonly (Point & { readonly uid: string })[];
  readonly unset: readonly string[];
}

/** The contact points that are set, by name; a placeholder where there is none. */
export function receiversOf(configured: Configured): Receiver[] {
  return Object.values(receivers).map((name) => {
    const own = kindNames.filter((kind) => receiverOf(kind) === name);
    const set = own.filter((kind) => configured[kind] !== undefined);
    const none = uidOf(name === receivers.heartbeat ? "no-heartbeat" : "nobody");
    return {
      name,
      contactPoints:
        set.length === 0
          ? [{ uid: none, ...placeholder }]
          : set.map((kind) => ({ uid: uidOf(kind), ...pointOf(kind, configured) })),
      unset: [
        ...own.filter((kind) => configured[kind] === undefined).map(uidOf),
        ...(set.length === 0 ? [] : [none]),
      ],
    };
  });
}

/** The kinds of contact points that get alerts and are of a type of Grafana's: two kinds are webhooks. */
export function kindsOfType(configured: Configured, type: string): string[] {
  return kindNames.filter(
    (kind) =>
      receiverOf(kind) === receivers.alerts &&
      configured[kind] !== undefined &&
      pointOf(kind, configured).type === type,
  );
}

function receiverOf(kind: Kind): ReceiverName {
  return kind === "heartbeat" ? receivers.heartbeat : receivers.alerts;
}

function pointOf(kind: Kind, configured: Configured): Point {
  return (builders[kind] as (settings: Configured[Kind]) => Point)(configured[kind]);
}

/** The UIDs differ from those of 0.1.0, whose receivers were called `alerts` and `heartbeat`: rules of users may name these. */
function uidOf(point: string): string {
  return `pi-monitoring-to-${point}`;
}
