import { z } from "zod";
import { alertSettings } from "./alerts";
import { contactPointSettings } from "./contactPoints";
import { exporters } from "./exporters";
import { flag, label, object, ofEachService, text, wholeNumber } from "./fields";
import { ingressSettings } from "./ingress";
import { nodeExporter, nodes, prometheusListener, sshJump, vps } from "./machines";
import { folderOf } from "./ownFiles";
import { presetSettings } from "./presets";
import { scrapeSettings } from "./scrape";

/** The namespace of every setting: `pi-monitoring:domain` and so on. */
export const namespace = "pi-monitoring";

/** Images that are used unless `images` says otherwise. All are pinned: an upgrade is a one-line change. */
export const defaultImages = {
  influxdb: "influxdb:2.9.1",
  telegraf: "telegraf:1.39.3",
  grafana: "grafana/grafana:12.4.10",
  httpsPortal: "steveltn/https-portal:1.25.5",
} as const;

/** The last commit of https://github.com/fahlke/raspberrypi_exporter */
export const exporterCommit = "3417493";

// A host name has 253 characters, and `influxdb.` stands in front of a domain; `compareLengths` has the limit of certificates.
const domainName = text(
  new RegExp(`^(?=.{1,244}$)(${label}\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`),
  "a domain name in lower case, such as example.com (an internationalised one in its xn-- form)",
);

// Names end up in JSON, TOML, YAML and Flux; all four can hold any printable character.
const influxName = text(
  /^(?!_)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}"\\]{1,64}$/u,
  'up to 64 printable characters without " and \\, not beginning with _',
);

const duration = text(
  /^[1-9][0-9]{0,3}[sm]$/,
  "a Prometheus duration in seconds or minutes, such as 15s or 1m",
);

const calendarTime = z.union([z.iso.date(), z.iso.datetime(), z.iso.datetime({ precision: -1 })], {
  error: "must be a date of the calendar",
});
const allowedDate = "a date of UTC, such as 2026-11-23 or 2026-11-23T16:20:00Z";
// However a date is written it becomes the same text, as another one would be another rotation. Pulumi makes
// `2026-11-23 00:00:00 +0000 UTC` of a date without quotes.
const date = text(
  /^20[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?Z| [0-9:]{8} \+0000 UTC)?$/,
  allowedDate,
)
  .transform((value) => value.replace(/ (.*) \+0000 UTC/, "T$1Z"))
  .pipe(calendarTime)
  .transform((value) => new Date(value).toISOString().replace(".000", ""))
  .meta({ allowed: allowedDate });

/** A token of InfluxDB, as it stands in a header. */
const influxToken = text(/^[\x21-\x7e]{1,512}$/, "a token of InfluxDB, without blanks");

/** The name of a container that others reach by it: a part of a host name is not longer. */
const reachableName = text(
  /^[a-zA-Z0-9][a-zA-Z0-9_-]{1,62}$/,
  "a container's name of up to 63 letters, digits, hyphens and underscores, such as https-portal",
);

/** What Docker takes as the name of a container, a network or a volume. */
const engineName = text(
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/,
  "a name of Docker's: letters, digits, dot, hyphen and underscore, such as influxdb",
);

const registry = `${label}(\\.${label})*(:[0-9]{1,5})?/`;
const imagePath = "[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*";
const repository = `(?=[^:@]{1,255}(:|@))(${registry})?${imagePath}(/${imagePath})*`;
const tag = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";

/**
 * An image with a tag other than `latest`, or a digest.
 * Source: the grammar of github.com/distribution/reference, of which upper case in a registry's name is left out
 */
export const pinnedImage = new RegExp(`^${repository}(:(?!latest$)${tag}|(:${tag})?@sha256:[0-9a-f]{64})$`);

/** The number at the beginning of an image's tag, if it has one. */
function majorVersion(reference: string): string | undefined {
  return /:(\d+)[^:/]*$/.exec(reference.replace(/@.*/, ""))?.[1];
}

const image = text(pinnedImage, "an image with a pinned tag or digest, such as influxdb:2.9.1");

/** Every setting; `npm run docs` writes them down in docs/settings.md. */
export const settingsSchema = object({
  domain: domainName.describe(
    "The services answer at `influxdb.`, `grafana.` and `telegraf.` of this domain.",
  ),
  names: ofEachService(domainName.optional())
    .prefault({})
    .describe("The name of a service that is not to have the one of the domain, such as `pi.example.com`."),
  vps: z
    .union([z.literal("local"), vps], {
      error: 'must be "local" or have host, port, user, key, hostKey',
    })
    .meta({ allowed: "`local`, or what follows" })
    .describe("The machine that runs the server half, or `local` for this machine's own Docker engine."),
  nodes: nodes.describe("The Pis: a list, or, for more than some 500, the path of a YAML file that is one."),
  sshJump,
  influxdb: object({
    org: influxName.default("pi-monitoring").describe("The organization."),
    bucket: influxName
      .default("prometheus")
      .describe("The bucket of all samples; the means are in those with `_5m` and `_1h` behind its name."),
    retentionDays: wholeNumber(0, 36500, " (0 keeps samples for ever)")
      .default(365)
      .describe("Days that samples are kept; 0 keeps them for ever."),
    retentionDays5m: wholeNumber(0, 36500, " (0 keeps them for ever)")
      .default(1095)
      .describe("Days that the means of 5 minutes are kept."),
    retentionDays1h: wholeNumber(0, 36500, " (0 keeps them for ever)")
      .default(0)
      .describe("Days that the means of hours are kept."),
    adminUser: text(/^[A-Za-z0-9._-]{1,64}$/, "letters, digits, dot, hyphen and underscore")
      .default("admin")
      .describe("Who may do everything in InfluxDB, as the outputs say with which password."),
    url: text(
      /^https?:\/\/[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?(:(?!0)[0-9]{1,4}|:[1-5][0-9]{4}|:6([0-4][0-9]{3}|5([0-4][0-9]{2}|5([0-2][0-9]|3[0-5]))))?$/,
      "a URL in lower case without a path, such as https://eu-central-1-1.aws.cloud2.influxdata.com",
    )
      .optional()
      .describe(
        "The URL of an external InfluxDB 2: InfluxDB Cloud, a cluster, or a container of the network `existing.networks.influxdb`. The program makes none then. It takes `adminToken`, or `writeToken` and `readToken`.",
      ),
    adminToken: influxToken
      .optional()
      .describe(
        "May do everything in the organization of an InfluxDB that was set up outside this program, as a token of `influx auth create --all-access` may. The program makes its own tokens by it.",
      ),
    writeToken: influxToken
      .optional()
      .describe("May write to the bucket: Telegraf's, where there is no `adminToken`."),
    readToken: influxToken
      .optional()
      .describe("May read the bucket: Grafana's, where there is no `adminToken`."),
  }).prefault({}),
  existing: object({
    networks: ofEachService(engineName.optional()).prefault({}),
    volumes: object({
      influxdb: engineName
        .optional()
        .describe("With an InfluxDB that was set up by hand in it, it takes `influxdb.adminToken`."),
      grafana: engineName.optional(),
    }).prefault({}),
    httpsPortal: reachableName
      .optional()
      .describe("The container of an https-portal, on the networks `telegraf` and `grafana`."),
  })
    .prefault({})
    .describe(
      "What is on the server already, by its name, and is used instead of made. Nothing of it is changed, labelled or removed; see docs/adoption.md.",
    ),
  ingress: ingressSettings,
  prometheus: object({
    scrapeInterval: duration.default("1m").describe("How often every node is asked."),
    monitor: text(/^[\x20-\x7e]{1,64}$/, "up to 64 printable ASCII characters")
      .default("mykube")
      .describe("The external label `monitor` on every sample."),
    forgetBacklog: flag
      .default(false)
      .describe(
        "Whether a change that makes Prometheus forget what it has not sent yet is made while the server takes nothing. Otherwise it waits, and is refused in the end.",
      ),
    ...prometheusListener,
  }).prefault({}),
  nodeExporter: object(nodeExporter).prefault({}),
  exporters,
  scrape: scrapeSettings,
  outageHours: wholeNumber(1, 24 * 30, " hours")
    .default(24)
    .describe(
      "Hours without InfluxDB after which nothing must be lost; the buffer on the server's disk is sized for it.",
    ),
  rotateAfterDays: wholeNumber(0, 3650, " days (0 never reports)")
    .default(365)
    .describe(
      "Days after which a preview, `doctor` and an alert report a credential as due for rotation; 0 never does.",
    ),
  rotated: object({
    telegraf: date.optional(),
    grafana: date.optional(),
    ingest: date.optional(),
    grafanaAdmin: date.optional(),
    influxdbAdmin: date.optional(),
  })
    .prefault({})
    .describe(
      "When each credential was last rotated. Another date makes another credential: `npm run rotate` sets it.",
    ),
  certificates: z
    .enum(["production", "staging", "local"], { error: "must be production, staging or local" })
    .meta({ allowed: "production, staging or local" })
    .default("production")
    .describe("Who signs the certificates: Let's Encrypt, its staging server, or the portal itself."),
  expose: ofEachService(flag.default(true))
    .prefault({})
    .describe(
      "Which of the three names the portal answers for; `influxdb` only where InfluxDB is on the server.",
    ),
  images: object({
    influxdb: image
      .refine((reference) => ["2", undefined].includes(majorVersion(reference)), {
        error: "must be InfluxDB 2, as version 3 has no Flux",
      })
      .default(defaultImages.influxdb),
    telegraf: image.default(defaultImages.telegraf),
    grafana: image
      .refine((reference) => !/-(slim|distroless)\b/.test(reference), {
        error: "must be a full image: `-slim` has no data source for InfluxDB, `-distroless` no shell",
      })
      .default(defaultImages.grafana),
    httpsPortal: image.default(defaultImages.httpsPortal),
  }).prefault({}),
  exporter: object({
    url: text(/^(https?|file):\/\/[\x21-\x7e]+$/, "an http, https or file URL"),
    sha256: text(/^[0-9a-f]{64}$/, "a SHA-256 checksum of 64 hexadecimal digits"),
  })
    .prefault({
      url: `https://raw.githubusercontent.com/fahlke/raspberrypi_exporter/${exporterCommit}/raspberrypi_exporter`,
      sha256: "a0880e608852e2bde7c70de353bbf03ec4327c5da689f8ca1326bef73ae03eb5",
    })
    .describe("Where the Pis fetch the raspberrypi_exporter script, and the checksum it must have."),
  keepVolumes: flag.default(true).describe("Whether the volumes with the samples outlive `pulumi destroy`."),
  contactPoints: contactPointSettings.prefault({}).describe("Who is notified; each gets every alert."),
  alerts: alertSettings.prefault({}).describe("When an alert fires."),
  presets: presetSettings
    .prefault({})
    .describe("What else is monitored, with a dashboard and alert rules for it; see docs/presets.md."),
  grafana: object({
    dashboards: folderOf(".json")
      .optional()
      .describe("Dashboards of your own, as Grafana exports them; see docs/alerts.md."),
    rules: folderOf(".yaml", ".yml")
      .optional()
      .describe("Alert rules of your own, as Grafana exports them; see docs/alerts.md."),
  }).prefault({}),
  backup: object({
    at: text(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "a time of day in UTC, such as 03:15")
      .optional()
      .describe(
        "When the VPS backs itself up every day, in UTC; unset, it does not. It takes systemd there, and sudo without a password for a user other than root.",
      ),
    keep: wholeNumber(1, 1000, "").default(7).describe("How many backups stay on the VPS."),
    folder: text(
      /^(?=.{1,255}$)(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/,
      "an absolute path of up to 255 letters, digits, dot, hyphen and underscore, such as /var/backups/pi-monitoring",
    )
      .default("/var/backups/pi-monitoring")
      .describe("Where they are on the VPS, in a folder that its user may write to."),
  }).prefault({}),
});

/** Settings of which each is right by itself. */
export type ParsedSettings = z.output<typeof settingsSchema>;
