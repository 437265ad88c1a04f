import type { ContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import { z } from "zod";
import { object, text } from "../settings/fields";
import {
  certificates,
  emailAddress,
  mailServer,
  senderAddress,
  userInfoOf,
  webUrl,
  withParameter,
} from "../settings/contactAddresses";
import { heartbeatSettings, isRelayed, relayUrl } from "../settings/heartbeat";

/** What Grafana needs for a way to be told. */
type Point = Pick<ContactPoint, "type" | "settings" | "disableResolveMessage">;

/** A way to be told: what the settings say of it, any of which may be a secret, and what Grafana needs for it. */
function kind<Schema extends z.ZodType>(settings: Schema, build: (configured: z.output<Schema>) => Point) {
  return { settings: settings.optional(), build };
}

const url = webUrl;

/** Every way to be told, by the name of its setting. */
const kinds = {
  email: kind(
    object({
      to: z
        .array(emailAddress, { error: "must be a list of e-mail addresses" })
        .min(1, { error: "must be a list of at least one e-mail address" })
        .meta({ allowed: "a list of e-mail addresses" }),
      from: senderAddress,
      host: mailServer.describe(
        "The SMTP server and its port: TLS at once on 465, on others as soon as the server offers it (STARTTLS).",
      ),
      user: text(
        /^(?!.*%\()[\x20-\x23\x25-\x7e]+$/,
        "printable ASCII characters without $ and %(",
      ).optional(),
      // Grafana trims what it reads from a file. Source: its pkg/setting/expanders.go
      password: text(
        /^(?![\s\x85])[^\0-\x1f\x7f]+(?<![\s\x85])$/u,
        "one line without a blank at its beginning or end",
      ).optional(),
      ca: certificates
        .optional()
        .describe(
          "The certificates that the mail server's is checked by, besides those of known authorities: its authority's, or its own. Grafana trusts them for its other contact points too.",
        ),
    }).superRefine(({ user, password }, context) => {
      if ((user === undefined) !== (password === undefined)) {
        const [missing, given] = user === undefined ? ["user", "password"] : ["password", "user"];
        context.addIssue({ code: "custom", path: [missing], message: `must be there, as the ${given} is` });
      }
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
    }).superRefine((ntfy, context) => {
      if (ntfy.token !== undefined && userInfoOf(ntfy.url) !== undefined) {
        const message = "must be left out, as the URL has a user name and a password";
        context.addIssue({ code: "custom", path: ["token"], message });
      }
    }),
    (ntfy) => ({
      type: "webhook",
      settings: {
        url: withParameter(ntfy.url, "template=grafana"),
        ...(ntfy.token !== undefined && {
          authorization_scheme: "Bearer",
          authorization_credentials: ntfy.token,
        }),
      },
    }),
  ),
  /** Called every few minutes as long as all is well: whoever expects it notices that the server is gone. */
  heartbeat: kind(heartbeatSettings, (heartbeat) => ({
    type: "webhook",
    settings: { url: isRelayed(heartbeat) ? relayUrl : heartbeat.url },
    // It only ever fires, so there is nothing to resolve.
    disableResolveMessage: true,
  })),
};

type Kinds = typeof kinds;
type Kind = keyof Kinds;
type Configured = { readonly [Each in Kind]?: z.output<Kinds[Each]["settings"]> };

const kindNames = Object.keys(kinds) as Kind[];

/** What the settings may say of each. */
export const contactPointSettings = Object.fromEntries(
  kindNames.map((name) => [name, kinds[name].settings]),
) as { [Each in Kind]: Kinds[Each]["settings"] };

/**
 * The names of the program's contact points in Grafana, which has others of its users. Both always exist: a user's rule may
 * name them, and Grafana does not start when a rule names one that is deleted.
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

/** The kinds of contact points that are told of alerts, by what Grafana calls their type: two kinds are webhooks. */
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
  return (kinds[kind].build as (settings: Configured[Kind]) => Point)(configured[kind]);
}

/** Other UIDs than those of 0.1.0, whose receivers were called `alerts` and `heartbeat`: rules of users may name these. */
function uidOf(point: string): string {
  return `pi-monitoring-to-${point}`;
}
