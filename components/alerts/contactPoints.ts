import type { ContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import type { Settings } from "../settings";

type Configured = Settings["contactPoints"];
type Kind = (
  configured: Configured,
) => Pick<ContactPoint, "type" | "settings" | "disableResolveMessage"> | undefined;

/** Every way to be told, by the name of its setting: what Grafana needs for it, if it is set. */
const kinds: Readonly<Record<keyof Configured, Kind>> = {
  email: ({ email }) =>
    email && { type: "email", settings: { addresses: email.to.join(";"), singleEmail: true } },
  webhook: ({ webhook }) => webhook && { type: "webhook", settings: { url: webhook.url } },
  slack: ({ slack }) => slack && { type: "slack", settings: { url: slack.url } },
  discord: ({ discord }) => discord && { type: "discord", settings: { url: discord.url } },
  telegram: ({ telegram }) =>
    telegram && { type: "telegram", settings: { bottoken: telegram.token, chatid: telegram.chatId } },
  // ntfy makes a message of what Grafana sends. Source: https://docs.ntfy.sh/publish/#message-templating
  ntfy: ({ ntfy }) =>
    ntfy && {
      type: "webhook",
      settings: {
        url: `${ntfy.url}?template=grafana`,
        ...(ntfy.token !== undefined && {
          authorization_scheme: "Bearer",
          authorization_credentials: ntfy.token,
        }),
      },
    },
  // It only ever fires, so there is nothing to resolve.
  heartbeat: ({ heartbeat }) =>
    heartbeat && { type: "webhook", settings: { url: heartbeat.url }, disableResolveMessage: true },
};

/** A contact point with its UID, and with the name of those that are told together. */
export type NamedContactPoint = ContactPoint & {
  readonly uid: string;
  readonly name: "alerts" | "heartbeat";
};

/** The contact points that are set, as Grafana's types have them, and the UIDs of those that are not. */
export function contactPoints(configured: Configured): {
  readonly set: readonly NamedContactPoint[];
  readonly unset: readonly string[];
} {
  const all = Object.entries(kinds).map(([kind, build]) => ({
    kind,
    uid: `pi-monitoring-${kind}`,
    point: build(configured),
  }));
  return {
    set: all.flatMap(({ kind, uid, point }) =>
      point === undefined ? [] : { uid, name: kind === "heartbeat" ? kind : ("alerts" as const), ...point },
    ),
    unset: all.filter(({ point }) => point === undefined).map(({ uid }) => uid),
  };
}
