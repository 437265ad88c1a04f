import { isIPv4, isIPv6 } from "node:net";
import type { z } from "zod";
import { refuseBy, text } from "./fields";

/** What is wrong with the host of a URL. Go, which Grafana is written in, resolves names with `_` too. */
function urlHostMistake(host: string): string | undefined {
  if (host.startsWith("[")) {
    return isIPv6(host.slice(1, -1)) ? undefined : "has an invalid IPv6 address";
  }
  const labels = host.split(".");
  if (/^[0-9]+$/.test(labels.at(-1) ?? "")) {
    return isIPv4(host) ? undefined : "has an invalid IPv4 address";
  }
  return host.length <= 253 && labels.every((label) => label.length > 0 && label.length <= 63)
    ? undefined
    : "has a host name of more than 253 characters, or a part of it that is empty or longer than 63";
}

const host = "\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?";
const port = "[0-9]{1,5}";

/** A text whose groups `host` and `port` are a host and a port of TCP. */
function withHost(pattern: RegExp, allowed: string): z.ZodString {
  const mistakeOf = (value: string): string | undefined => {
    const { host: name = "", port: number = "1" } = pattern.exec(value)?.groups ?? {};
    const isPort = Number(number) >= 1 && Number(number) <= 65535;
    const reason = urlHostMistake(name) ?? (isPort ? undefined : "has a port that is not from 1 to 65535");
    return reason === undefined ? undefined : `must be ${allowed}; it ${reason}`;
  };
  return text(pattern, allowed).superRefine(refuseBy(mistakeOf));
}

/*
 * Some versions of Grafana expand `$` in contact points and some do not; all of them take `{{` for a template. Go refuses an
 * invalid escape, and in front of `@` what a user name and a password must have escaped. RFC 3986 does not allow the other
 * characters.
 * Sources: receivers/webhook/v1/webhook.go and receivers/discord/v1/discord.go of grafana/alerting; `validUserinfo` and
 * `unescape` of Go's net/url.
 */
const escape = "%[0-9A-Fa-f]{2}";
const userInfo = `(?:[A-Za-z0-9._~!&'()*+,;=:-]|${escape})+`;
const afterHost = `[/?#](?:[!#&-;=?-\\[\\]_a-z~]|${escape})*`;

/** Where Grafana posts to. */
export const webUrl = withHost(
  new RegExp(
    `^https?://(?:(?<user>${userInfo})@)?(?<host>${host})(?::(?<port>${port}))?(?<rest>${afterHost})?$`,
  ),
  'an http or https URL of ASCII characters, with %24 for $, the like for blanks and any of "<>\\^`{|}, and a host name in its xn-- form',
);

/** The user name and password in a URL, as they stand there. */
export function userInfoOf(url: string): string | undefined {
  return /^https?:\/\/([^/?#]*)@/.exec(url)?.[1];
}

/** Adds a parameter to a URL, which may have a query and a fragment. */
export function withParameter(url: string, parameter: string): string {
  const [, address = "", query = "", fragment = ""] = /^([^?#]*)\??([^#]*)(#?.*)$/.exec(url) ?? [];
  const parameters = [query.replace(/&$/, ""), parameter].filter((each) => each !== "");
  return `${address}?${parameters.join("&")}${fragment}`;
}

const local = "[A-Za-z0-9!#%&'*+/=?^_~-]+(?:\\.[A-Za-z0-9!#%&'*+/=?^_~-]+)*";
const part = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const lengths = `(?=.{1,254}$)(?=[^@]{1,64}@)`;

/** Grafana takes several as one text with `;`, and expands `$` and `%(` in what it sends mail with. */
export const emailAddress = text(
  new RegExp(`^${lengths}${local}@${part}(?:\\.${part})*$`),
  "an e-mail address such as pi+alerts@example.com: no name, no quotes, no $, and a domain in its xn-- form",
);

/** Grafana does not start with any other sender. Source: `util.IsEmail` in its pkg/services/notifications. */
export const senderAddress = text(
  new RegExp(`^${lengths}${local}@(?:${part}\\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z])?$`),
  "an e-mail address of a domain with a dot, such as pi@example.com: no name, no quotes, no $, and the domain in its xn-- form",
);

/** A mail server with its port. */
export const mailServer = withHost(
  new RegExp(`^(?<host>${host}):(?<port>${port})$`),
  "a host name or an address and a port, such as smtp.example.com:587 or [2001:db8::25]:25",
);
