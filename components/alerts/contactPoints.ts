import type { ContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import { withParameter } from "../settings/contactAddresses";
import { calledUrl } from "../settings/heartbeat";
import type { Settings } from "../settings/settings";

/** What Grafana needs for a contact point. */
type Point = Pick<ContactPoint, "type" | "settings" | "disableResolveMessage">;
type Configured = Settings["contactPoints"];

/** The contact points by the names of their settings; undefined for one that is not set. */
function pointsOf(configured: Configured): Readonly<Record<keyof Configured, Point | undefined>> {
  const { email, webhook, slack, discord, telegram, ntfy, heartbeat } = configured;
  return {
    email: email && {
      type: "email",
      settings: { addresses: email.to.join(";"), singleEmail: true },
    },
    webhook: webhook && { type: "webhook", settings: { url: webhook.url } },
    slack: slack && { type: "slack", settings: { url: slack.url } },
    discord: discord && { type: "discord", settings: { url: discord.url } },
    telegram: telegram && {
      type: "telegram",
      settings: { bottoken: telegram.token, chatid: telegram.chatId },
    },
    // ntfy makes a message of what Grafana sends. Source: https://docs.ntfy.sh/publish/#message-templating
    ntfy: ntfy && {
      type: "webhook",
      settings: {
        url: withParameter(ntfy.url, "template=grafana"),
        ...(ntfy.token !== undefined && {
          authorization_scheme: "Bearer",
          authorization_credentials: ntfy.token,
        }),
      },
    },
    heartbeat: heartbeat && {
      type: "webhook",
      settings: { url: calledUrl(heartbeat) },
      // It only ever fires, so there is nothing to resolve.
      disableResolveMessage: true,
    },
  };
}

/**
 * The names of the program's contact points in Grafana. Both always exist: a user's rule may name them, and Grafana does
 * not start when a rule names one that is deleted.
 */
export const receivers = { alerts: "Pi monitoring", heartbeat: "Pi monitoring: heartbeat" } as const;

/**
 * Keeps a receiver that has no contact point. Grafana skips this URL; a version before 12.4 logs that it cannot call it.
 * Source: `NoopURL` of grafana/alerting, receivers/webhook/v1/config.go.
 */
const placeholder: Point = {
  type: "webhook",
  settings: { url: "grafana://noop" },
  disableResolveMessage: true,
};

/** The contact points that are set, by name; a placeholder where there is none. */
export function receiversOf(configured: Configured) {
  const { heartbeat, ...alerts } = pointsOf(configured);
  const isNotified = Object.values(alerts).some((point) => point !== undefined);
  return [
    receiver(receivers.alerts, { ...alerts, nobody: isNotified ? undefined : placeholder }),
    receiver(receivers.heartbeat, { heartbeat, "no-heartbeat": heartbeat ? undefined : placeholder }),
  ];
}

/**
 * A name with its contact points, and the UIDs that Grafana may still have under it. They differ from those of 0.1.0, whose
 * receivers were called `alerts` and `heartbeat`: rules of users may name these.
 */
function receiver(name: string, points: Readonly<Record<string, Point | undefined>>) {
  const all = Object.entries(points).map(([key, point]) => ({ uid: `pi-monitoring-to-${key}`, point }));
  return {
    name,
    contactPoints: all.flatMap(({ uid, point }) => (point === undefined ? [] : [{ uid, ...point }])),
    unset: all.filter(({ point }) => point === undefined).map(({ uid }) => uid),
  };
}

/** The settings of the contact points that get alerts and are of a type of Grafana's: two of them are webhooks. */
export function kindsOfType(configured: Configured, type: string): string[] {
  return Object.entries(pointsOf(configured))
    .filter(([kind, point]) => kind !== "heartbeat" && point?.type === type)
    .map(([kind]) => kind);
}
