import { z } from "zod";
import { mistake } from "./describeMistakes";
import { exportersOf } from "./exporters";
import { isLoopback, listenerOf } from "./listeners";
import type { ParsedSettings } from "./schema";
import { nameOfService, services } from "./serviceNames";

type RawSettings = Readonly<Record<string, unknown>>;

/** Reports a mistake in the setting at a path, such as `["nodes", 1, "host"]`. */
type RefuseIf = (isWrong: boolean, path: readonly PropertyKey[], message: string) => void;

/**
 * The mistakes that only show when several settings are compared.
 *
 * @param settings undefined if one of them is wrong by itself
 */
export function crossChecks(settings: ParsedSettings | undefined, raw: RawSettings): string[] {
  const mistakes: string[] = [];
  const refuseIf: RefuseIf = (isWrong, path, message) => {
    if (isWrong) {
      mistakes.push(mistake(path, raw, message));
    }
  };
  compareNodes(raw, refuseIf);
  compareBackup(raw, refuseIf);
  if (settings !== undefined) {
    compareNames(settings, refuseIf);
    compareLengths(settings, refuseIf);
    compareListeners(settings, refuseIf);
    compareExporterPorts(settings, refuseIf);
    compareRetention(settings, refuseIf);
    compareInfluxDb(settings, refuseIf);
    compareIngress(settings, raw, refuseIf);
    compareJobs(settings, refuseIf);
    compareSshAddresses(settings, refuseIf);
  }
  return mistakes;
}

/** The mistakes that only show when all nodes are seen together, such as one name twice. The schema has those of one node. */
function compareNodes({ nodes }: RawSettings, refuseIf: RefuseIf): void {
  const list = Array.isArray(nodes) ? (nodes as (Record<string, unknown> | null)[]) : [];
  for (const property of ["name", "host"]) {
    const values = list.map((each) => each?.[property]);
    values.forEach((value, index) => {
      const first = values.indexOf(value);
      const isRepeated = value !== undefined && first !== index;
      refuseIf(isRepeated, ["nodes", index, property], `must be unique; nodes[${first}] has the same`);
    });
  }
  const isMaster = (each: (typeof list)[number]): boolean => String(each?.["master"]) === "true";
  const masters = list.filter(isMaster).map((each) => each?.["name"]);
  if (masters.length === 0) {
    refuseIf(list.length > 0, ["nodes"], "must have a node with master: true");
    return;
  }
  for (const [index, each] of list.entries()) {
    const path = ["nodes", index, "scrapedBy"];
    const scrapedBy = each?.["scrapedBy"];
    if (isMaster(each)) {
      const isItself = scrapedBy === undefined || scrapedBy === each?.["name"];
      refuseIf(!isItself, path, "must be left out, as a master scrapes itself");
    } else {
      // A value of another type is the schema's mistake.
      const allowed = scrapedBy === undefined ? masters.length === 1 : typeof scrapedBy !== "string";
      const isWrong = !allowed && !masters.includes(scrapedBy);
      refuseIf(isWrong, path, `must be the name of a master: ${masters.join(", ")}`);
    }
  }
}

/** Only a VPS can have the timer: on this machine the program changes nothing but the containers. */
function compareBackup({ vps, backup }: RawSettings, refuseIf: RefuseIf): void {
  const hasTime = z.object({ at: z.string() }).safeParse(backup).success;
  const message =
    "takes a VPS: with vps: local, leave it out and run `npm run backup` by a timer of your own";
  refuseIf(vps === "local" && hasTime, ["backup", "at"], message);
}

/** The portal distinguishes the services by their names. */
function compareNames(settings: ParsedSettings, refuseIf: RefuseIf): void {
  const names = services.map((service) => nameOfService(service, settings));
  services.forEach((service, index) => {
    const first = names.indexOf(nameOfService(service, settings));
    const message = `must be another name than that of ${services[first] ?? ""}`;
    refuseIf(first !== index, ["names", service], message);
  });
}

/** Characters of a CN; the portal asks for certificates by a CN only. Source: `create_csr` of https-portal 1.25.5. */
export const longestName = 64;

/** A certificate limits the length of a name; a name that is not exposed has no certificate. */
function compareLengths(settings: ParsedSettings, refuseIf: RefuseIf): void {
  const tooLong = services.filter(
    (service) =>
      settings.expose[service] &&
      (service !== "influxdb" || hasInfluxDb(settings)) &&
      nameOfService(service, settings).length > longestName,
  );
  const ofDomain = tooLong.filter((service) => settings.names[service] === undefined);
  for (const service of tooLong) {
    const message = `must have at most ${longestName} characters, as a certificate has`;
    refuseIf(!ofDomain.includes(service), ["names", service], message);
  }
  const most = longestName - Math.max(...ofDomain.map((service) => service.length + 1));
  const shorter = ofDomain.map((service) => `names.${service}`).join(", ");
  refuseIf(
    ofDomain.length > 0,
    ["domain"],
    `must have at most ${most} characters, as a certificate holds a name of ${longestName}; or give shorter ones as ${shorter}`,
  );
}

/** Two set-ups on one machine would overwrite each other's files, and the removal of one would undo both. */
function compareSshAddresses({ nodes, sshJump }: ParsedSettings, refuseIf: RefuseIf): void {
  const addresses = nodes.map(({ sshHost, host, sshPort, sshJump: own = sshJump }) =>
    JSON.stringify([sshHost ?? host, sshPort, own?.host, own?.port]),
  );
  addresses.forEach((address, index) => {
    const first = addresses.indexOf(address);
    const message = `must lead to another machine: nodes[${first}] answers SSH at the same address`;
    // One host twice is a mistake by itself.
    const isRepeated = first !== index && nodes[first]?.host !== nodes[index]?.host;
    refuseIf(isRepeated, ["nodes", index, "sshHost"], message);
  });
}

/** A master reaches the exporter of another node by an address, and two daemons of one node need two ports. */
function compareListeners(settings: ParsedSettings, refuseIf: RefuseIf): void {
  for (const [index, node] of settings.nodes.entries()) {
    const exporter = listenerOf("nodeExporter", settings, node);
    const { port } = listenerOf("prometheus", settings, node);
    refuseIf(
      !node.master && isLoopback(exporter),
      ["nodes", index, "nodeExporter", "listenAddress"],
      "must be an address that its master can reach; a loopback one serves on a master only",
    );
    refuseIf(
      node.master && exporter.port === port,
      ["nodes", index, "nodeExporter", "port"],
      `must not be Prometheus's port on this master, ${port}`,
    );
    refuseIf(
      !node.master && Object.keys(node.prometheus).length > 0,
      ["nodes", index, "prometheus"],
      "is for a master, which runs Prometheus",
    );
  }
}

/** No two daemons of a node can have one port. */
function compareExporterPorts(settings: ParsedSettings, refuseIf: RefuseIf): void {
  for (const [index, node] of settings.nodes.entries()) {
    const owners = new Map<number, string>();
    compareProbePort(settings, index, refuseIf);
    if (node.master) {
      owners.set(listenerOf("prometheus", settings, node).port, "Prometheus");
    }
    owners.set(listenerOf("nodeExporter", settings, node).port, "node_exporter");
    for (const { name, port, probes } of exportersOf(settings, node)) {
      const owner = owners.get(port);
      refuseIf(
        owner !== undefined && probes === undefined,
        ["nodes", index, "exporters", name, "port"],
        `must be another port than that of ${owner ?? ""} on this node, ${port}`,
      );
      owners.set(port, probes === undefined ? `the exporter ${name}` : `presets.${name}`);
    }
  }
}

/** The port of the probes is a setting of all masters, so that of another daemon is the one to change. */
function compareProbePort(settings: ParsedSettings, index: number, refuseIf: RefuseIf): void {
  const node = settings.nodes[index];
  const port = settings.presets.internet?.port;
  for (const daemon of ["prometheus", "nodeExporter"] as const) {
    const isSame = node?.master === true && listenerOf(daemon, settings, node).port === port;
    const message = `must be another port than that of presets.internet on this master, ${port ?? ""}`;
    refuseIf(isSame, ["nodes", index, daemon, "port"], message);
  }
}

/** A dashboard of a month looks at the hours: they must not be gone before the samples. */
function compareRetention({ influxdb }: ParsedSettings, refuseIf: RefuseIf): void {
  const daysOf = (name: "retentionDays" | "retentionDays5m" | "retentionDays1h"): number =>
    influxdb[name] === 0 ? Number.POSITIVE_INFINITY : influxdb[name];
  const message = "must not be less than the days that finer values are kept";
  refuseIf(daysOf("retentionDays5m") < daysOf("retentionDays"), ["influxdb", "retentionDays5m"], message);
  refuseIf(daysOf("retentionDays1h") < daysOf("retentionDays5m"), ["influxdb", "retentionDays1h"], message);
}

/** An InfluxDB that was set up outside this program takes one kind of access. */
function compareInfluxDb({ influxdb, existing }: ParsedSettings, refuseIf: RefuseIf): void {
  const { url, adminToken, writeToken, readToken } = influxdb;
  const isExternal = url !== undefined;
  const hasAdmin = adminToken !== undefined;
  const hasVolume = existing.volumes.influxdb !== undefined;
  const isAnyGiven = writeToken !== undefined || readToken !== undefined;
  for (const [name, token] of Object.entries({ writeToken, readToken })) {
    const path = ["influxdb", name];
    const isGiven = token !== undefined;
    const isMade = "is one of those that are made by influxdb.adminToken: leave one of the two out";
    const isMissing = "an external InfluxDB takes both tokens, or influxdb.adminToken";
    refuseIf(!isExternal && isGiven, path, "is for an external InfluxDB: give its influxdb.url");
    refuseIf(isExternal && hasAdmin && isGiven, path, isMade);
    refuseIf(isExternal && !hasAdmin && isAnyGiven && !isGiven, path, isMissing);
  }
  refuseIf(
    isExternal && !hasAdmin && !isAnyGiven,
    ["influxdb", "url"],
    "takes influxdb.adminToken, or influxdb.writeToken and influxdb.readToken",
  );
  refuseIf(
    !isExternal && hasAdmin && !hasVolume,
    ["influxdb", "adminToken"],
    "is for an existing InfluxDB: give its influxdb.url, or its volume as existing.volumes.influxdb",
  );
  refuseIf(
    isExternal && hasVolume,
    ["existing", "volumes", "influxdb"],
    "is for an InfluxDB that this program runs, and influxdb.url for one that it does not: leave one of the two out",
  );
}

/** With a web server of the user's on ports 80 and 443, what is about the portal means nothing. */
function compareIngress(settings: ParsedSettings, raw: RawSettings, refuseIf: RefuseIf): void {
  const { loopback, ca } = settings.ingress;
  if (loopback === undefined) {
    const message =
      "is for the certificate of a web server on the server: give ingress.loopback, or leave it out";
    refuseIf(ca !== undefined, ["ingress", "ca"], message);
    return;
  }
  const ofPortal = "is for https-portal, which ingress.loopback leaves out: leave it out";
  refuseIf(
    settings.existing.httpsPortal !== undefined,
    ["existing", "httpsPortal"],
    "is one way to the services, and ingress.loopback is another: leave one of the two out",
  );
  refuseIf(
    raw["certificates"] !== undefined,
    ["certificates"],
    `${ofPortal}; the web server has its own certificates, and ingress.ca says who signs them`,
  );
  refuseIf(raw["expose"] !== undefined, ["expose"], `${ofPortal}; a service without a port is not exposed`);
  refuseIf(
    loopback.influxdb !== undefined && !hasInfluxDb(settings),
    ["ingress", "loopback", "influxdb"],
    "is for an InfluxDB on the server, and influxdb.url is elsewhere: leave it out",
  );
  const ports = services.map((service) => loopback[service]);
  services.forEach((service, index) => {
    const first = ports.indexOf(loopback[service]);
    const isRepeated = loopback[service] !== undefined && first !== index;
    const message = `must be another port than that of ${services[first] ?? ""}`;
    refuseIf(isRepeated, ["ingress", "loopback", service], message);
  });
}

/** Jobs are distinguished by their names, also those of several masters; each master is one of the nodes. */
function compareJobs({ scrape, nodes }: ParsedSettings, refuseIf: RefuseIf): void {
  const names = scrape.map(({ job_name }) => job_name);
  const masters = nodes.filter(({ master }) => master).map(({ name }) => name);
  for (const [index, { job_name, master }] of scrape.entries()) {
    const first = names.indexOf(job_name);
    const message = `must be unique; scrape[${first}] has the same`;
    refuseIf(first !== index, ["scrape", index, "job_name"], message);
    const isMaster = master === undefined || masters.includes(master);
    refuseIf(!isMaster, ["scrape", index, "master"], `must be the name of a master: ${masters.join(", ")}`);
  }
}

/** Whether InfluxDB runs on the server. */
function hasInfluxDb({ influxdb, existing }: ParsedSettings): boolean {
  return influxdb.url === undefined || existing.networks.influxdb !== undefined;
}
