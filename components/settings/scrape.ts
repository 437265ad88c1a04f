import { X509Certificate, createPrivateKey } from "node:crypto";
import { z } from "zod";
import { flag, label, labelValue, object, text, wholeNumber } from "./fields";
import { isOwnJob } from "./jobNames";

/** Where a master has the secrets of its jobs, a file each. */
export const jobFolder = "/etc/pi-monitoring/scrape";

/** The settings of a job that discover targets. */
export const discoveries = ["file_sd_configs", "http_sd_configs", "dns_sd_configs"] as const;

/** The labels by which this program tells its nodes and masters apart. */
export const ownLabels: readonly string[] = ["node_name", "monitor"];

/** The keys of secrets, by the setting that they are in; of certificates too, which are long and have lines. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  basic_auth: ["password"],
  authorization: ["credentials"],
  oauth2: ["client_secret"],
  tls_config: ["ca", "cert", "key"],
};
/** Has no setting around it. */
const bearerToken = "bearer_token";

/** Settings of a job in which a key of one of these names is a word of the user's. */
const withoutSecrets = ["params", "static_configs", "relabel_configs", "metric_relabel_configs"];

type Path = readonly (string | number)[];

/** A value in a job, with the keys that lead to it. */
export interface JobValue {
  readonly path: Path;
  readonly value: unknown;
}

/** The secrets in a job that have a file each; see `secretKeys`. */
export function secretsOf(job: object): JobValue[] {
  return leavesOf(job).filter(({ path }) => isSecret(path));
}

function isSecret(path: Path): boolean {
  const [setting = "", key = ""] = path.slice(-2).map(String);
  return path.at(-1) === bearerToken || (path.length > 1 && (secretKeys[setting] ?? []).includes(key));
}

/** The files of the master's own that a job names, as far as they are not patterns. */
export function filesOf(job: object): JobValue[] {
  return leavesOf(job).filter(({ path }) => /_file$/.test(String(path.at(-1))));
}

/** What is set in a job, without the words of the user's. */
function leavesOf(job: object): JobValue[] {
  const walk = (value: unknown, path: Path): JobValue[] => {
    if (typeof value !== "object" || value === null || isSecret(path)) {
      return [{ path, value }];
    }
    const isList = Array.isArray(value);
    return Object.entries(value).flatMap(([key, each]) =>
      path.length === 0 && withoutSecrets.includes(key)
        ? []
        : walk(each, [...path, isList ? Number(key) : key]),
    );
  };
  return walk(job, []);
}

/** Prometheus trims what it reads from a file. */
const allowedSecret = "text of one line, without a blank at its beginning or end";

function secretMistake({ path, value }: JobValue): string | undefined {
  const key = String(path.at(-1));
  if (path.at(-2) !== "tls_config") {
    const isAllowed = typeof value === "string" && /^(?![\s\x85])[^\0-\x1f\x7f]+(?<![\s\x85])$/u.test(value);
    return isAllowed ? undefined : `must be ${allowedSecret}`;
  }
  try {
    // Prometheus does not set a job up with a wrong one, and only its log has the reason.
    if (key === "key") {
      createPrivateKey(String(value));
    } else {
      new X509Certificate(String(value));
    }
    return undefined;
  } catch {
    return `must be a ${key === "key" ? "private key" : "certificate"} in PEM`;
  }
}

/** A key of another certificate: a job that runs already would reach no target, and only its log would have the reason. */
function pairMistake({ path, value }: JobValue, secrets: readonly JobValue[]): string | undefined {
  const ofPair = [...path.slice(0, -1), "cert"].join(".");
  const certificate = secrets.find((each) => each.path.join(".") === ofPair);
  if (path.slice(-2).join(".") !== "tls_config.key" || certificate === undefined) {
    return undefined;
  }
  try {
    const key = createPrivateKey(String(value));
    return new X509Certificate(String(certificate.value)).checkPrivateKey(key)
      ? undefined
      : "must be the private key of the first certificate in cert";
  } catch {
    // One of the two is no PEM: see `secretMistake`.
    return undefined;
  }
}

/** What the unit of Prometheus hides: ProtectHome and PrivateTmp of systemd. */
const hidden = /^\/(home|root|run\/user|tmp|var\/tmp)(\/|$)/;

function fileMistake(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.startsWith("/")) {
    return "must be the absolute path of a file on the master";
  }
  if (hidden.test(value)) {
    return "must be elsewhere, such as in /etc: Prometheus has no access to that folder";
  }
  return value.startsWith(`${jobFolder}/`)
    ? `must be elsewhere: this program removes other files from ${jobFolder}`
    : undefined;
}

/** The paths of targets' files, which may be patterns. */
export function targetFilesOf({
  file_sd_configs: configs = [],
}: {
  file_sd_configs?: { files?: unknown }[] | undefined;
}): JobValue[] {
  return configs.flatMap(({ files }, index) =>
    leavesOf({ files }).map(({ path, value }) => ({ path: ["file_sd_configs", index, ...path], value })),
  );
}

const reservedLabel = "is a label of this program's own, by which it distinguishes nodes and masters";

/** A part of a job in Prometheus's own form, which promtool checks on the master. */
const anyObject = z.record(z.string(), z.unknown(), { error: "must be an object, as Prometheus has it" });
const listOfObjects = z.array(anyObject, { error: "must be a list of objects, as Prometheus has it" });
const anyText = z.string({ error: "must be text" });

const staticConfigs = z.array(
  object({
    targets: z
      .array(anyText, { error: "must be a list of targets, such as router.local:9100" })
      .meta({ allowed: "a list of targets, such as router.local:9100" }),
    labels: z
      .record(z.string(), labelValue, { error: "must be labels with their values" })
      .optional()
      .meta({ allowed: "labels with their values" }),
  }),
  { error: "must be a list, each with targets and labels" },
);

const limit = wholeNumber(0, 1_000_000_000, " (0: no limit)").optional();
const duration = text(
  /^(?=.)([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$/,
  "a Prometheus duration, such as 30s or 5m",
).optional();
const part = (allowed: string) => anyObject.optional().meta({ allowed });
const listOf = (allowed: string) => listOfObjects.optional().meta({ allowed });
const discovery = "a list of objects, as Prometheus has it";
const relabelling = "a list of rules, as Prometheus has it";

const job = object({
  job_name: text(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    "up to 64 letters, digits, dot, hyphen and underscore, such as router",
  )
    .refine((name) => !isOwnJob(name), {
      error:
        "is the name of a job of this program's own, by which its panels and alerts select: give it another",
    })
    .describe("Becomes the label `job`; unique, and none of this program's own jobs."),
  master: text(new RegExp(`^${label}$`), "the name of a master")
    .optional()
    .describe("The name of the master that scrapes these targets; unset, each master does."),
  static_configs: staticConfigs
    .optional()
    .describe("Targets by their addresses. Each counts as a node for the sizes."),
  file_sd_configs: listOf(discovery).describe(
    "Targets in files on the master. Each entry counts as ten nodes for the sizes.",
  ),
  http_sd_configs: listOf(discovery).describe(
    "Targets that a URL answers with. Each entry counts as ten nodes.",
  ),
  dns_sd_configs: listOf(discovery).describe("Targets in the DNS. Each entry counts as ten nodes."),
  scrape_interval: duration.describe("How often targets are asked; unset, as often as nodes."),
  scrape_timeout: duration,
  metrics_path: anyText.optional().meta({ allowed: "a path of a URL" }),
  scheme: z
    .enum(["http", "https"], { error: "must be http or https" })
    .optional()
    .meta({ allowed: "http or https" }),
  params: part("parameters of the URL, a list of values each").describe(
    "They are no place for secrets: each user of the master can read prometheus.yml, and so can the home network at Prometheus's port.",
  ),
  relabel_configs: listOf(relabelling),
  metric_relabel_configs: listOf(relabelling),
  basic_auth: part("`username`, and `password` or `password_file`").describe(
    "A value that is a secret (`pulumi config set --secret --path`) gets a file of its own on the master; or give the path of a file that is there.",
  ),
  authorization: part("`type`, and `credentials` or `credentials_file`").describe("As with `basic_auth`."),
  oauth2: part("an object, as Prometheus has it").describe("As with `basic_auth`, for `client_secret`."),
  tls_config: part("an object, as Prometheus has it").describe(
    "As with `basic_auth`, for `ca`, `cert` and `key` in PEM.",
  ),
  bearer_token: anyText
    .optional()
    .meta({ allowed: allowedSecret })
    .describe("The old form of `authorization`."),
  bearer_token_file: anyText.optional().meta({ allowed: "the path of a file on the master" }),
  proxy_url: anyText.optional().meta({ allowed: "a URL" }),
  honor_labels: flag.optional(),
  honor_timestamps: flag.optional(),
  follow_redirects: flag.optional(),
  enable_http2: flag.optional(),
  sample_limit: limit,
  target_limit: limit,
  label_limit: limit.describe("How many labels a sample may have; unset, 30."),
  label_name_length_limit: limit.describe("Characters of a label's name; unset, 128."),
  label_value_length_limit: limit.describe("Characters of a label's value; unset, 1000."),
  body_size_limit: anyText.optional().meta({ allowed: "a size, such as 10MB" }),
}).superRefine((value, context) => {
  const refuse = (path: Path, message: string | undefined): void => {
    if (message !== undefined) {
      context.addIssue({ code: "custom", path: [...path], message });
    }
  };
  const files = filesOf(value);
  const given = new Set(files.map(({ path }) => path.join(".")));
  const secrets = secretsOf(value);
  for (const secret of secrets) {
    const isTwice = given.has(`${secret.path.join(".")}_file`);
    refuse(
      secret.path,
      isTwice
        ? "is in a file too: leave one of the two out"
        : (secretMistake(secret) ?? pairMistake(secret, secrets)),
    );
  }
  for (const file of [...files, ...targetFilesOf(value)]) {
    refuse(file.path, fileMistake(file.value));
  }
  for (const [index, { labels = {} }] of (value.static_configs ?? []).entries()) {
    for (const name of Object.keys(labels).filter((each) => ownLabels.includes(each))) {
      refuse(["static_configs", index, "labels", name], reservedLabel);
    }
  }
  for (const setting of ["relabel_configs", "metric_relabel_configs"] as const) {
    for (const [index, { target_label: target }] of (value[setting] ?? []).entries()) {
      refuse(
        [setting, index, "target_label"],
        ownLabels.includes(String(target)) ? reservedLabel : undefined,
      );
    }
  }
});

/** A job of the user's, in the form of Prometheus's `scrape_configs`. */
export type UserJob = z.output<typeof job>;

/** The jobs of the user's own. */
export const scrapeSettings = z
  .array(job, { error: "must be a list of jobs, as scrape_configs of Prometheus is" })
  .default([])
  .describe("As in `scrape_configs` of Prometheus; see docs/scraping.md.");

/** Whether a setting below `scrape` may be shown: a plain value that is not a secret, and not in the place of one. */
export function mayShow(path: readonly PropertyKey[], value: unknown): boolean {
  const inJob = path.slice(2).map((step) => (typeof step === "symbol" ? "" : step));
  const isPlain = typeof value !== "object" && inJob.length > 0;
  const last = String(inJob.at(-1));
  // Any URL may have a token in it.
  const mayHoldSecret = last in secretKeys || /url$/.test(last) || inJob.includes("params");
  return isPlain && !isSecret(inJob) && !mayHoldSecret;
}
