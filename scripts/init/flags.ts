/** The flags that answer questions, for `parseArgs`. */
export const answerFlags = {
  domain: { type: "string" },
  vps: { type: "string" },
  node: { type: "string", multiple: true },
  user: { type: "string" },
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
export type Flags = Readonly<Partial<Record<Exclude<keyof typeof answerFlags, "node">, string>>> & {
  readonly node?: readonly string[] | undefined;
};
