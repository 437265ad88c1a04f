import { z } from "zod";
import { emailAddress, mailServer, senderAddress, userInfoOf, webUrl } from "./contactAddresses";
import { certificates, object, text } from "./fields";
import { heartbeatSettings } from "./heartbeat";

const urlOnly = object({ url: webUrl }).optional();

const email = object({
  to: z
    .array(emailAddress, { error: "must be a list of e-mail addresses" })
    .min(1, { error: "must be a list of at least one e-mail address" })
    .meta({ allowed: "a list of e-mail addresses" }),
  from: senderAddress,
  host: mailServer.describe(
    "The SMTP server and its port: TLS at once on 465, on others as soon as the server offers it (STARTTLS).",
  ),
  user: text(/^(?!.*%\()[\x20-\x23\x25-\x7e]+$/, "printable ASCII characters without $ and %(").optional(),
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
    context.addIssue({ code: "custom", path: [missing], message: `a ${given} needs a ${missing}` });
  }
});

const telegram = object({
  token: text(/^[0-9]+:[A-Za-z0-9_-]+$/, "a bot token, such as 123456:ABC…"),
  // `pulumi config set --path` makes a number of digits.
  chatId: z.coerce.string().pipe(text(/^(-?[0-9]+|@[A-Za-z0-9_]+)$/, "the id of a chat")),
});

const ntfy = object({
  url: webUrl,
  token: text(/^[\x21-\x23\x25-\x7e]+$/, "printable ASCII characters without $").optional(),
}).superRefine((value, context) => {
  if (value.token !== undefined && userInfoOf(value.url) !== undefined) {
    const message = "must be left out, as the URL has a user name and a password";
    context.addIssue({ code: "custom", path: ["token"], message });
  }
});

/** The settings of each contact point, any of which may be a secret. */
export const contactPointSettings = object({
  email: email.optional(),
  /** Gets Grafana's own JSON. */
  webhook: urlOnly,
  slack: urlOnly,
  discord: urlOnly,
  telegram: telegram.optional(),
  ntfy: ntfy.optional(),
  /** Called every few minutes while everything is healthy: a push monitor reports when the calls end. */
  heartbeat: heartbeatSettings.optional(),
});
