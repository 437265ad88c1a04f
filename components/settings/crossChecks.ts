import { mistake } from "./describeMistakes";
import { isLoopback, listenerOf } from "./listeners";
import type { ParsedSettings } from "./schema";
import { nameOfService, services } from "./serviceNames";

/** The mistakes that only show when several settings are compared. */
export function crossChecks(
  settings: ParsedSettings | undefined,
  raw: Readonly<Record<string, unknown>>,
): string[] {
  return [
    ...compareNames(settings, raw),
    ...compareLengths(settings, raw),
    ...compareNodes(raw),
    ...compareListeners(settings, raw),
    ...compareBackup(raw),
    ...compareRetention(settings?.influxdb, raw),
    ...compareInfluxDb(settings, raw),
    ...compareIngress(settings, raw),
  ];
}

/** The portal distinguishes the services by their names. */
function compareNames(settings: ParsedSettings | undefined, raw: unknown): string[] {
  return services.flatMap((service, index) => {
    const same =
      settings &&
      services
        .slice(0, index)
        .find((other) => nameOfService(other, settings) === nameOfService(service, settings));
    return same === undefined
      ? []
      : [mistake(["names", service], raw, `must be another name than that of ${same}`)];
  });
}

/** Characters of a CN; the portal asks for certificates by a CN only. Source: `create_csr` of https-portal 1.25.5. */
const longestName = 64;

/** A certificate limits the length of a name; a name that is not exposed has no certificate. */
function compareLengths(settings: ParsedSettings | undefined, raw: unknown): string[] {
  const tooLong = services.filter(
    (service) =>
      settings?.expose[service] === true &&
      (service !== "influxdb" || hasInfluxDb(settings)) &&
      nameOfService(service, settings).length > longestName,
  );
  const own = tooLong.filter((service) => settings?.names[service] !== undefined);
  const ofDomain = tooLong.filter((service) => !own.includes(service));
  const most = longestName - Math.max(...ofDomain.map((service) => service.length + 1));
  return [
    ...own.map((service) =>
      mistake(["names", service], raw, `must have at most ${longestName} characters, as a certificate has`),
    ),
    ...(ofDomain.length === 0
      ? []
      : [
          mistake(
            ["domain"],
            raw,
            `must have at most ${most} characters, as a certificate holds a name of ${longestName}; or give ` +
              `shorter ones as ${ofDomain.map((service) => `names.${service}`).join(", ")}`,
          ),
        ]),
  ];
}

/** The mistakes that only show when all nodes are seen together; those of a single node are the schema's. */
function compareNodes(raw: Readonly<Record<string, unknown>>): string[] {
  const list = Array.isArray(raw["nodes"]) ? (raw["nodes"] as (Record<string, unknown> | null)[]) : [];
  const isMaster = (each: (typeof list)[number]): boolean => String(each?.["master"]) === "true";
  const masters = list.filter(isMaster).map((each) => each?.["name"]);
  const duplicates = ["name", "host"].flatMap((property) => {
    const values = list.map((each) => each?.[property]);
    return values.flatMap((value, index) => {
      const first = values.indexOf(value);
      return value === undefined || first === index
        ? []
        : [mistake(["nodes", index, property], raw, `must be unique; nodes[${first}] has the same`)];
    });
  });
  if (list.length > 0 && masters.length === 0) {
    return [...duplicates, mistake(["nodes"], raw, "must have a node with master: true")];
  }
  const scrapers = list.flatMap((each, index) => {
    const scrapedBy = each?.["scrapedBy"];
    const refuse = (message: string): string => mistake(["nodes", index, "scrapedBy"], raw, message);
    if (isMaster(each)) {
      const itself = scrapedBy === undefined || scrapedBy === each?.["name"];
      return itself ? [] : [refuse("must be left out, as a master scrapes itself")];
    }
    // One that is no text at all is the schema's mistake.
    const allowed = scrapedBy === undefined ? masters.length === 1 : typeof scrapedBy !== "string";
    return allowed || masters.includes(scrapedBy)
      ? []
      : [refuse(`must be the name of a master: ${masters.join(", ")}`)];
  });
  return [...duplicates, ...scrapers];
}

/** A master reaches the exporter of another node by an address, and two daemons of one node need two ports. */
function compareListeners(settings: ParsedSettings | undefined, raw: unknown): string[] {
  return (settings?.nodes ?? []).flatMap((node, index) => {
    const refuse = (property: string, message: string): string =>
      mistake(["nodes", index, ...property.split(".")], raw, message);
    const exporter = listenerOf("nodeExporter", settings ?? node, node);
    const prometheus = listenerOf("prometheus", settings ?? node, node);
    return [
      ...(!node.master && isLoopback(exporter)
        ? [
            refuse(
              "nodeExporter.listenAddress",
              "must be an address that its master can reach; a loopback one serves on a master only",
            ),
          ]
        : []),
      ...(node.master && exporter.port === prometheus.port
        ? [refuse("nodeExporter.port", `must not be Prometheus's port on this master, ${prometheus.port}`)]
        : []),
      ...(!node.master && Object.keys(node.prometheus).length > 0
        ? [refuse("prometheus", "is for a master, which runs Prometheus")]
        : []),
    ];
  });
}

/** Only a VPS can have the timer: on this machine the program changes nothing but the containers. */
function compareBackup(raw: Readonly<Record<string, unknown>>): string[] {
  const { at } = (raw["backup"] ?? {}) as Readonly<Record<string, unknown>>;
  const message =
    "takes a VPS: with vps: local, leave it out and run `npm run backup` by a timer of your own";
  return raw["vps"] === "local" && at !== undefined ? [mistake(["backup", "at"], raw, message)] : [];
}

/** A dashboard of a month looks at the hours: they must not be gone before the samples. */
function compareRetention(influxdb: ParsedSettings["influxdb"] | undefined, raw: unknown): string[] {
  const { retentionDays = 0, retentionDays5m = 0, retentionDays1h = 0 } = influxdb ?? {};
  const forEver = (days: number): number => (days === 0 ? Number.POSITIVE_INFINITY : days);
  const message = "must not be less than the days that finer values are kept";
  return [
    { name: "retentionDays5m", days: retentionDays5m, finer: retentionDays },
    { name: "retentionDays1h", days: retentionDays1h, finer: retentionDays5m },
  ]
    .filter(({ days, finer }) => forEver(days) < forEver(finer))
    .map(({ name }) => mistake(["influxdb", name], raw, message));
}

/** An InfluxDB that was set up outside this program takes one kind of access. */
function compareInfluxDb(
  settings: Pick<ParsedSettings, "influxdb" | "existing"> | undefined,
  raw: unknown,
): string[] {
  const { url, adminToken, writeToken, readToken } = settings?.influxdb ?? {};
  const volume = settings?.existing.volumes.influxdb;
  const elsewhere = url !== undefined;
  const byHand = adminToken === undefined && (writeToken ?? readToken) !== undefined;
  const isGiven = "is for an external InfluxDB: give its influxdb.url";
  const isMade = "is one of those that are made by influxdb.adminToken: leave one of the two out";
  const isMissing = "must be there, as influxdb.url and the other token are";
  const wrong: [boolean, string, string][] = [
    [!elsewhere && writeToken !== undefined, "influxdb.writeToken", isGiven],
    [!elsewhere && readToken !== undefined, "influxdb.readToken", isGiven],
    [elsewhere && adminToken !== undefined && writeToken !== undefined, "influxdb.writeToken", isMade],
    [elsewhere && adminToken !== undefined && readToken !== undefined, "influxdb.readToken", isMade],
    [elsewhere && byHand && writeToken === undefined, "influxdb.writeToken", isMissing],
    [elsewhere && byHand && readToken === undefined, "influxdb.readToken", isMissing],
    [
      elsewhere && !byHand && adminToken === undefined,
      "influxdb.url",
      "takes influxdb.adminToken, or influxdb.writeToken and influxdb.readToken",
    ],
    [
      !elsewhere && adminToken !== undefined && volume === undefined,
      "influxdb.adminToken",
      "is for an InfluxDB that is there already: give its influxdb.url, or its volume as existing.volumes.influxdb",
    ],
    [
      elsewhere && volume !== undefined,
      "existing.volumes.influxdb",
      "is for an InfluxDB that this program runs, and influxdb.url for one that it does not: leave one of the two out",
    ],
  ];
  return wrong.flatMap(([is, key, message]) => (is ? [mistake(key.split("."), raw, message)] : []));
}

/** With a web server of the user's on ports 80 and 443, what is about the portal means nothing. */
function compareIngress(
  settings: ParsedSettings | undefined,
  raw: Readonly<Record<string, unknown>>,
): string[] {
  const { loopback, ca } = settings?.ingress ?? {};
  if (settings === undefined || loopback === undefined) {
    const needs =
      "is for the certificate of a web server on the server: give ingress.loopback, or leave it out";
    return ca === undefined ? [] : [mistake(["ingress", "ca"], raw, needs)];
  }
  const ports = services.map((service) => loopback[service]);
  const ofPortal = "is for https-portal, which ingress.loopback leaves out: leave it out";
  const wrong: [boolean, string, string][] = [
    [
      settings.existing.httpsPortal !== undefined,
      "existing.httpsPortal",
      "is one way to the services, and ingress.loopback is another: leave one of the two out",
    ],
    [
      raw["certificates"] !== undefined,
      "certificates",
      `${ofPortal}; the web server has its own certificates, and ingress.ca says who signs them`,
    ],
    [raw["expose"] !== undefined, "expose", `${ofPortal}; a service without a port is not exposed`],
    [
      loopback.influxdb !== undefined && !hasInfluxDb(settings),
      "ingress.loopback.influxdb",
      "is for an InfluxDB on the server, and influxdb.url is elsewhere: leave it out",
    ],
  ];
  return [
    ...wrong.flatMap(([is, key, message]) => (is ? [mistake(key.split("."), raw, message)] : [])),
    ...services.flatMap((service, index) => {
      const first = ports.indexOf(ports[index]);
      return ports[index] === undefined || first === index
        ? []
        : [
            mistake(
              ["ingress", "loopback", service],
              raw,
              `must be another port than that of ${services[first] ?? ""}`,
            ),
          ];
    }),
  ];
}

/** Whether InfluxDB runs on the server. */
function hasInfluxDb({ influxdb, existing }: ParsedSettings): boolean {
  return influxdb.url === undefined || existing.networks.influxdb !== undefined;
}
