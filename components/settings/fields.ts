import { X509Certificate } from "node:crypto";
import { z } from "zod";

/** A text of this form; `allowed` is for error messages, and for the table of all settings. */
export function text(pattern: RegExp, allowed: string): z.ZodString {
  const error = `must be ${allowed}`;
  return z.string({ error }).regex(pattern, { error, abort: true }).meta({ allowed });
}

/** For `superRefine`: refuses a text with what is wrong with it. */
export function refuseBy(mistakeOf: (value: string) => string | undefined) {
  return (value: string, context: z.RefinementCtx): void => {
    const message = mistakeOf(value);
    if (message !== undefined) {
      context.addIssue({ code: "custom", message });
    }
  };
}

export const flag = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")], {
    error: "must be true or false",
  })
  .meta({ allowed: "true or false" });

/** The value of a label; `pulumi config set --path` makes a number of digits, and a boolean of `true`. */
export const labelValue = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be text" })
  .transform(String)
  .meta({ allowed: "text" });

/** A whole number, or its digits. */
export function wholeNumber(from: number, to: number, unit: string): z.ZodType<number> {
  const allowed = `a whole number from ${from} to ${to}${unit}`;
  const error = `must be ${allowed}`;
  // Coercion alone would take a value that was left empty for 0.
  return z
    .union([z.number(), z.string().regex(/^[0-9]+$/, { error })], { error })
    .pipe(z.coerce.number<string | number>().int({ error }).min(from, { error }).max(to, { error }))
    .meta({ allowed });
}

/** An object with these keys, and no others. */
export function object<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  const keys = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? `is not a setting; here are: ${keys}` : `must have ${keys}`,
  });
}

/** A part of a domain name. */
export const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

/** What shows a secret: a flag for one, a URL or a header with one. */
const secret = /--(redis\.password|basic-auth-password)(?!-)|:\/\/[^/@]*:[^/@]*@|authorization/i;

/** Whether an argument of a daemon, which every user of the node can read, shows a secret. */
export function showsSecret(argument: string): boolean {
  return secret.test(argument);
}

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
/** An IPv4 address; Go takes one with a zero in front of a number for a host name. */
export const ipv4 = `${octet}(\\.${octet}){3}`;

const allowedCertificates =
  "one or more certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and nothing else";
const certificate = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Certificates of authorities, or those of a server. */
export const certificates = z
  .string({ error: `must be ${allowedCertificates}` })
  .refine(areCertificates, { error: `must be ${allowedCertificates}` })
  .meta({ allowed: allowedCertificates });

function areCertificates(pem: string): boolean {
  const found = pem.match(certificate) ?? [];
  // A private key in it would be a mistake that nothing else shows.
  const isRestBlank = pem.replace(certificate, "").trim() === "";
  try {
    return isRestBlank && found.map((each) => new X509Certificate(each)).length > 0;
  } catch {
    return false;
  }
}

/** The same setting for each service. */
export function ofEachService<Setting extends z.ZodType>(setting: Setting) {
  return object({ influxdb: setting, grafana: setting, telegraf: setting });
}
