import type { parseArgs } from "node:util";
import { UserError } from "../../components/userError";

/** The flags that answer questions, for `parseArgs`. */
export const answerFlags = {
  domain: { type: "string" },
  vps: { type: "string" },
  node: { type: "string", multiple: true },
  /** The user on the nodes whose address names none. */
  user: { type: "string" },
  /** The path of a private key, or `agent`. */
  key: { type: "string" },
  "sudo-password-file": { type: "string" },
  email: { type: "string" },
  smtp: { type: "string" },
  "smtp-user": { type: "string" },
  "smtp-password-file": { type: "string" },
  "influxdb-org": { type: "string" },
  "influxdb-bucket": { type: "string" },
  "influxdb-token-file": { type: "string" },
} as const;

/** The values of the flags that were given. */
export type Flags = ReturnType<typeof parseArgs<{ options: typeof answerFlags }>>["values"];

/** Flags that answer a question only with another one. */
const companions: readonly (readonly [flag: keyof Flags, needed: keyof Flags])[] = [
  ["smtp", "email"],
  ["smtp-user", "email"],
  ["smtp-password-file", "email"],
  ["influxdb-org", "influxdb-bucket"],
  ["influxdb-bucket", "influxdb-token-file"],
  ["influxdb-token-file", "influxdb-org"],
];

/** @throws UserError if a flag would have no effect, as one that it needs is missing */
export function refuseIncompleteFlags(flags: Flags): void {
  const mistakes = companions
    .filter(([flag, needed]) => flags[flag] !== undefined && flags[needed] === undefined)
    .map(([flag, needed]) => `--${flag} is given without --${needed}.`);
  if (mistakes.length > 0) {
    throw new UserError("Nothing was written:", mistakes);
  }
}
