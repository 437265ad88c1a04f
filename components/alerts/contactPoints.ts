import type { ContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import { z } from "zod";
import { label, object, text } from "../validators";

/** What Grafana needs for a way to be told. */
type Point = Pick<ContactPoint, "type" | "settings" | "disableResolveMessage">;

/** A way to be told: what the settings say of it, any of which may be a secret, and what Grafana needs for it. */
function kind<Schema extends z.ZodType>(settings: Schema, build: (configured: z.output<Schema>) => Point) {
  return { settings: settings.optional(), build };
}

// Some versions of Grafana expand `$` in contact points and some do not.
const url = text(/^https?:\/\/[\x21-\x23\x25-\x7e]+$/, "an http or https URL, with %24 for $");
const emailAddress = text(/^[^\s@;,$]+@[^\s@;,$]+$/, "an e-mail address");

/** Every way to be told, by the name of its setting. */
const kinds = {
  email: kind(
    object({
      to: z
        .array(emailAddress, { error: "must be a list of e-mail addresses" })
        .min(1, { error: "must be a list of at least one e-mail address" })
        .meta({ allowed: "a list of e-mail addresses" }),
      from: emailAddress,
      host: text(
        new RegExp(`^${label}(\\.${label})*:[0-9]{1,5}$`),
        "a host name and a port, such as smtp.example.com:587",
      ).describe("The SMTP server and its port."),
      user: text(/^[\x20-\x7e]+$/, "printable ASCII characters").optional(),
      password: text(/^[^\0\n]+$/, "one line").optional(),
    }),
    ({ to }) => ({ type: "email", settings: { addresses: to.join(";"), singleEmail: true } }),
  ),
  /** Gets Grafana's own JSON. */
  webhook: kind(object({ url }), (webhook) => ({ type: "webhook", settings: { url: webhook.url } })),
  slack: kind(object({ url }), (slack) => ({ type: "slack", settings: { url: slack.url } })),
  discord: kind(object({ url }), (discord) => ({ type: "discord", settings: { url: discord.url } })),
  telegram: kind(
    object({
      token: text(/^[0-9]+:[A-Za-z0-9_-]+$/, "a bot token, such as 123456:ABC…"),
      // `pulumi config set --path` makes a number of digits.
      chatId: z
        .number()
        .transform(String)
        .or(z.string())
        .pipe(text(/^(-?[0-9]+|@[A-Za-z0-9_]+)$/, "the id of a chat")),
    }),
    ({ token, chatId }) => ({ type: "telegram", settings: { bottoken: token, chatid: chatId } }),
  ),
  // ntfy makes a message of what Grafana sends. Source: https://docs.ntfy.sh/publish/#message-templating
  ntfy: kind(
    object({
      url,
      token: text(/^[\x21-\x23\x25-\x7e]+$/, "printable ASCII characters without $").optional(),
    }),
    (ntfy) => ({
      type: "webhook",
      settings: {
        url: `${ntfy.url}?template=grafana`,
        ...(ntfy.token !== undefined && {
          authorization_scheme: "Bearer",
          authorization_credentials: ntfy.token,
        }),
      },
    }),
  ),
  /** Called every few minutes as long as all is well: whoever expects it notices that the server is gone. */
  heartbeat: kind(object({ url }), (heartbeat) => ({
    type: "webhook",
    settings: { url: heartbeat.url },
    // It only ever fires, so there is nothing to resolve.
    disableResolveMessage: true,
  })),
};

type Kinds = typeof kinds;
type Name = keyof Kinds;
type Configured = { readonly [Each in Name]?: z.output<Kinds[Each]["settings"]> };

const names = Object.keys(kinds) as Name[];

/** What the settings may say of each. */
export const contactPointSettings = Object.fromEntries(names.map((name) => [name, kinds[name].settings])) as {
  [Each in Name]: Kinds[Each]["settings"];
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
  const uidOf = (name: Name): string => `pi-monitoring-${name}`;
  const isSet = (name: Name): boolean => configured[name] !== undefined;
  return {
    set: names.filter(isSet).map((name) => ({
      uid: uidOf(name),
      name: name === "heartbeat" ? name : ("alerts" as const),
      ...(kinds[name].build as (settings: Configured[Name]) => Point)(configured[name]),
    })),
    unset: names.filter((name) => !isSet(name)).map(uidOf),
  };
}
