import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { z } from "zod";
import { allowedHost, hostMistake } from "./address";
import { contactPointSettings } from "./contactPoints";
import { hostKeyMistake } from "../machine/hostKey";
import { usualPorts } from "./listeners";
import { expandHome } from "../machine/ssh";
import { ipv4, label, object, text, wholeNumber } from "./fields";

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

const defaultExporter = {
  url: `https://raw.githubusercontent.com/fahlke/raspberrypi_exporter/${exporterCommit}/raspberrypi_exporter`,
  sha256: "a0880e608852e2bde7c70de353bbf03ec4327c5da689f8ca1326bef73ae03eb5",
} as const;

// A host name has 253 characters, and `influxdb.` stands in front of a domain; `compareNames` has the limit of certificates.
const domainName = text(
  new RegExp(`^(?=.{1,244}$)(${label}\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`),
  "a domain name in lower case, such as example.com (an internationalised one in its xn-- form)",
);

const hostName = z
  .string({ error: `must be ${allowedHost}` })
  .superRefine((value, context) => {
    const message = hostMistake(value);
    if (message !== undefined) {
      context.addIssue({ code: "custom", message });
    }
  })
  .meta({ allowed: allowedHost });

const userName = text(/^[a-z_][a-z0-9_-]{0,31}$/, "a Linux user name, such as pi");

const hostKey = text(
  /^((ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}|unchecked)$/,
  'a public host key without comment, such as "ssh-ed25519 AAAA…" (`npm run trust -- HOST` shows it), ' +
    'or "unchecked" to trust any machine that answers',
)
  .superRefine((value, context) => {
    const message = hostKeyMistake(value);
    if (message !== undefined) {
      context.addIssue({ code: "custom", message });
    }
  })
  .describe("By which the machine is known; another one is refused.");

// ssh would put a variable in the place of `${`.
const key = text(
  /^(?!.*\$\{)[^\0\n,]+$/,
  'the path of a private key file without a comma and ${, such as ~/.ssh/id_ed25519, or "agent"',
)
  .refine((path) => path === "agent" || existsSync(expandHome(path)), {
    error: 'there is no such file; give the path of a private key, or "agent"',
  })
  .describe("The private key for the login, or the SSH agent's.");

const port = wholeNumber(1, 65535, "").describe("Where SSH listens.");

const listenAddress = text(
  new RegExp(`^${ipv4}$`),
  "an IPv4 address of the node, such as 127.0.0.1 or 192.168.1.10",
);
/** Where a daemon on a node listens. Both have no default, as those of one node come before those of all. */
const listener = {
  port: wholeNumber(1024, 65535, "").optional(),
  listenAddress: listenAddress.optional(),
};

const nodeExporter = object(listener)
  .prefault({})
  .describe(
    `Where node_exporter listens: the port (${usualPorts.nodeExporter} unless set) and the only address (all of the node's unless set).`,
  );

const prometheusListener = `The same of Prometheus on a master; its port is ${usualPorts.prometheus} unless set.`;

const flag = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")], {
    error: "must be true or false",
  })
  .meta({ allowed: "true or false" });

// Names end up in JSON, TOML, YAML and Flux; all four can hold any printable character.
const influxName = text(
  /^(?!_)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}"\\]{1,64}$/u,
  'up to 64 printable characters without " and \\, not beginning with _',
);

const duration = text(
  /^[1-9][0-9]{0,3}[sm]$/,
  "a Prometheus duration in seconds or minutes, such as 15s or 1m",
);

const date = text(
  /^20[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?Z| [0-9:]{8} \+0000 UTC)?$/,
  "a date of UTC, such as 2026-11-23 or 2026-11-23T16:20:00Z",
).transform((value, context) => {
  const time = canonicalTime(value);
  if (time === undefined) {
    context.addIssue({ code: "custom", message: "must be a date of the calendar" });
    return z.NEVER;
  }
  return time;
});

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

/** One below 1024 is for the front itself: 80, 443, and that of SSH. */
const loopbackPort = wholeNumber(1024, 65535, "").optional();

const pemAllowed =
  "one or more certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----";
const pem = z
  .string({ error: `must be ${pemAllowed}` })
  .refine(areCertificates, { error: `must be ${pemAllowed}` })
  .meta({ allowed: pemAllowed });

const vps = object({
  host: hostName.describe("Where the VPS answers SSH."),
  port: port.default(22),
  user: userName.default("root").describe("A user who may use Docker there."),
  key: key.prefault("~/.ssh/id_ed25519"),
  hostKey,
});

const node = object({
  name: text(new RegExp(`^${label}$`), "lower-case letters, digits and hyphens, such as kube-0").describe(
    "Names the node's resources; unique in the stack.",
  ),
  host: hostName.describe(
    "The name by which Prometheus scrapes the node; also its `node_name` in every metric.",
  ),
  sshHost: hostName.optional().describe("Where the node answers SSH, if that is not `host`."),
  sshPort: port.default(22),
  user: userName.default("pi").describe("A user who may use sudo without a password."),
  key: key.prefault("~/.ssh/id_ed25519"),
  hostKey,
  master: flag.default(false).describe("Whether this node runs Prometheus; it scrapes itself."),
  scrapedBy: z
    .string({ error: "must be the name of a master" })
    .meta({ allowed: "the name of a node with `master: true`" })
    .optional()
    .describe("The name of the master that scrapes this node; needed if there are several."),
  mayBeOff: flag.default(false).describe("Whether no alert fires when this node is silent."),
  nodeExporter: nodeExporter.describe("The same of this node."),
  prometheus: object(listener).prefault({}).describe("The same of this node, which is a master."),
});

const nodes = z
  .array(node, { error: "must be a list of nodes, or the path of a YAML file that is one" })
  .min(1, { error: "must be a list of at least one node" });

/** Every setting; `npm run docs` writes them down in docs/settings.md. */
export const settingsSchema = object({
  domain: domainName.describe(
    "The services answer at `influxdb.`, `grafana.` and `telegraf.` of this domain.",
  ),
  names: object({
    influxdb: domainName.optional(),
    grafana: domainName.optional(),
    telegraf: domainName.optional(),
  })
    .prefault({})
    .describe("The name of a service that is not to have the one of the domain, such as `pi.example.com`."),
  vps: z
    .union([z.literal("local"), vps], {
      error: 'must be "local" or have host, port, user, key, hostKey',
    })
    .meta({ allowed: "`local`, or what follows" })
    .describe("The machine that runs the server half, or `local` for this machine's own Docker engine."),
  nodes: nodes.describe("The Pis: a list, or, for more than some 500, the path of a YAML file that is one."),
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
    networks: object({
      influxdb: engineName.optional(),
      telegraf: engineName.optional(),
      grafana: engineName.optional(),
    }).prefault({}),
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
  ingress: object({
    loopback: object({ influxdb: loopbackPort, grafana: loopbackPort, telegraf: loopbackPort })
      .optional()
      .describe(
        "The port of the server's 127.0.0.1 to which its own web server, on ports 80 and 443, leads the name of this service; one without a port is not exposed. No https-portal is made then. See docs/fronts.md.",
      ),
    ca: pem
      .optional()
      .describe(
        "With `ingress.loopback`: the authority that the masters trust, where the certificate of that web server is not from a public one.",
      ),
  }).prefault({}),
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
    port: listener.port.describe(prometheusListener),
    listenAddress: listener.listenAddress.describe(prometheusListener),
  }).prefault({}),
  nodeExporter,
  outageHours: wholeNumber(1, 24 * 30, " hours")
    .default(24)
    .describe(
      "Hours without InfluxDB after which nothing must be lost; the buffer on the server's disk is sized for it.",
    ),
  rotateAfterDays: wholeNumber(0, 3650, " days (0 never reports)")
    .default(365)
    .describe("Days after which a preview reports a credential as due for rotation; 0 never does."),
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
  expose: object({
    influxdb: flag.default(true),
    grafana: flag.default(true),
    telegraf: flag.default(true),
  })
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
    .prefault(defaultExporter)
    .describe("Where the Pis fetch the raspberrypi_exporter script, and the checksum it must have."),
  keepVolumes: flag.default(true).describe("Whether the volumes with the samples outlive `pulumi destroy`."),
  contactPoints: object(contactPointSettings)
    .prefault({})
    .describe("Who is notified; each gets every alert."),
  alerts: object({
    silentMinutes: wholeNumber(1, 1440, " minutes")
      .default(5)
      .describe("Minutes without a node, or without anything from the master."),
    temperatureCelsius: wholeNumber(40, 100, " °C")
      .default(75)
      .describe("Degrees of a processor; most models slow down at 80."),
    memoryPercent: wholeNumber(50, 100, " %").default(90).describe("Memory in use."),
    diskPercent: wholeNumber(50, 100, " %").default(90).describe("Disk in use."),
    diskFullHours: wholeNumber(1, 720, " hours")
      .default(24)
      .describe("Hours until a disk is full, if it goes on like that."),
    loadPerCore: wholeNumber(1, 100, "").default(2).describe("Processes that run or wait, for each core."),
    clockSeconds: wholeNumber(1, 3600, " seconds")
      .default(5)
      .describe("Seconds between a node's clock and the master's."),
    certificateDays: wholeNumber(1, 60, " days")
      .default(14)
      .describe("Days until the portal's certificate ends."),
    backupHours: wholeNumber(1, 8760, " hours")
      .default(48)
      .describe("Hours since the last backup, where the VPS makes them."),
  })
    .prefault({})
    .describe("When an alert fires."),
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
export type ParsedNode = z.output<typeof node>;

/**
 * However a date is written it becomes the same text, as another one would be another rotation. Pulumi makes
 * `2026-11-23 00:00:00 +0000 UTC` of a date without quotes. JavaScript takes 30 February for 2 March.
 */
function canonicalTime(value: string): string | undefined {
  const time = new Date(value.replace(" +0000 UTC", "Z").replace(" ", "T"));
  const text = Number.isNaN(time.getTime()) ? "" : time.toISOString();
  return text.startsWith(value.slice(0, 10)) ? text.replace(/\.\d+/, "") : undefined;
}

/** Whether a text is certificates in PEM and nothing else. */
function areCertificates(value: string): boolean {
  return value
    .trim()
    .split(/(?<=-----END CERTIFICATE-----)\s*(?=-)/)
    .every(
      (part) =>
        /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----$/.test(part) &&
        isReadable(part),
    );
}

function isReadable(certificate: string): boolean {
  try {
    new X509Certificate(certificate);
    return true;
  } catch {
    return false;
  }
}
