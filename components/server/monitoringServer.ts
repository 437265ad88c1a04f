import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { nameOfService, type Service } from "../settings/serviceNames";
import { exposedServices, ingressOf, isInfluxDbOnServer, type Settings } from "../settings/settings";
import { sizeInfluxDb, sizeTelegraf } from "../settings/sizing";
import { backupView } from "./backup/backup";
import { BackupTimer } from "./backup/backupTimer";
import { ExternalInfluxDb, externalPlace } from "./influxdb/externalInfluxDb";
import { Grafana } from "./grafana/grafana";
import { HttpsPortal, portalName, portalStatusUrl } from "./ingress/httpsPortal";
import { heartbeatRelay } from "./ingress/heartbeatRelay";
import type { InfluxAccess } from "./influxdb/influxApi";
import { InfluxDb, influxUrl } from "./influxdb/influxDb";
import { InfluxTokens } from "./influxdb/influxTokens";
import { IngestCredential, type IngestDoor } from "./ingress/ingestCredential";
import { gateStatusUrl, IngestGate } from "./ingress/ingestProxy";
import { LoopbackIngress, loopbackStatusUrl } from "./ingress/loopbackIngress";
import { type Named, stackLabel } from "./engine/serverContainer";
import { ServerEngine } from "./engine/serverEngine";
import { networks as networkNames } from "./resourceNames";
import { ingestPath, Telegraf, telegrafName } from "./telegraf/telegraf";

/** The server half: everything that runs on the VPS, and the credentials for it. */
export class MonitoringServer extends pulumi.ComponentResource {
  /** The public URL of each service, whether it is exposed or not. */
  readonly urls: Readonly<Record<Service, string>>;
  /** Unset where somebody else has set InfluxDB up. */
  readonly influxAdminPassword: pulumi.Output<string> | undefined;
  /** Telegraf's token; it may write to the bucket. */
  readonly writeToken: pulumi.Output<string>;
  /** Grafana's token; it may read the bucket. */
  readonly readToken: pulumi.Output<string>;
  readonly grafanaAdminPassword: pulumi.Output<string>;
  /** What each master's remote write is let in with, by the master's name. */
  readonly ingest: ReadonlyMap<string, IngestCredential>;
  /** When InfluxDB was set up, as ISO 8601; no credential is older. */
  readonly setUpAt: pulumi.Output<string>;
  /** What signs the certificate for remote write, in PEM, where that is no authority that a system knows. */
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(name: string, settings: Settings, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:MonitoringServer", name, {}, opts);
    const { stack, images, keepVolumes, rotated, vps, backup, existing } = settings;
    const parent = { parent: this };
    const host = (service: Service): string => nameOfService(service, settings);
    const isInfluxDbHere = isInfluxDbOnServer(settings);
    const exposed = exposedServices(settings);
    const ingress = ingressOf(settings);
    this.urls = {
      influxdb: isInfluxDbHere ? `https://${host("influxdb")}` : influxUrl(settings.influxdb),
      grafana: `https://${host("grafana")}`,
      telegraf: `https://${host("telegraf")}${ingestPath}`,
    };

    const engine = new ServerEngine(`${name}-engine`, settings.vps, parent);
    const placement = { engine, stack, keepVolumes };

    // Each network is named after the service it leads to. InfluxDB is on all of them, Telegraf and Grafana on
    // one each: they reach InfluxDB, and not each other.
    const findNetwork = (service: Service): Named =>
      existing.networks[service] === undefined
        ? new docker.Network(
            `${name}-${service}-network`,
            { name: networkNames[service], labels: [stackLabel(stack)] },
            { ...parent, provider: engine.provider },
          )
        : { name: existing.networks[service] };
    const influxDbNetworks = isInfluxDbHere ? [findNetwork("influxdb")] : [];
    const networks = { telegraf: findNetwork("telegraf"), grafana: findNetwork("grafana") };
    const allNetworks = [...influxDbNetworks, networks.telegraf, networks.grafana];
    // Somebody else's InfluxDB stays on its own network, so whoever uses it comes there.
    const toInfluxDb = settings.influxdb.url === undefined ? [] : influxDbNetworks;

    const { url } = settings.influxdb;
    const influxDb: InfluxAccess & pulumi.Resource =
      url === undefined
        ? new InfluxDb(
            `${name}-influxdb`,
            {
              ...placement,
              image: images.influxdb,
              settings: settings.influxdb,
              sizing: sizeInfluxDb(settings),
              networks: allNetworks,
              existingVolume: existing.volumes.influxdb,
              rotated: rotated.influxdbAdmin,
            },
            parent,
          )
        : new ExternalInfluxDb(
            `${name}-influxdb`,
            {
              engine,
              settings: settings.influxdb,
              url,
              place: externalPlace(settings),
            },
            parent,
          );
    const tokens = new InfluxTokens(name, { engine, influxDb, settings }, this);

    const telegraf = new Telegraf(
      `${name}-telegraf`,
      {
        ...placement,
        image: images.telegraf,
        name: telegrafName(settings),
        networks: [networks.telegraf, ...toInfluxDb],
        influxDb,
        token: tokens.write,
        publicNames: exposed.map(host),
        portal: portalName(settings),
        statusUrl: { portal: portalStatusUrl, existing: gateStatusUrl, loopback: loopbackStatusUrl }[
          ingress.kind
        ],
        seesInfluxMetrics: isInfluxDbHere,
        sizing: sizeTelegraf(settings),
      },
      parent,
    );
    const grafana = new Grafana(
      `${name}-grafana`,
      {
        ...placement,
        image: images.grafana,
        networks: [networks.grafana, ...toInfluxDb],
        influxDb,
        token: tokens.read,
        publicUrl: this.urls.grafana,
        settings,
      },
      parent,
    );
    tokens.revokeOthers([telegraf, grafana]);

    const services = { influxdb: influxDb, grafana, telegraf };
    const relay = heartbeatRelay(settings.contactPoints.heartbeat);
    const createIngress = (): IngestDoor => {
      switch (ingress.kind) {
        case "portal":
          return new HttpsPortal(
            `${name}-https-portal`,
            {
              ...placement,
              image: images.httpsPortal,
              networks: allNetworks,
              spool: telegraf.spool,
              certificates: settings.certificates,
              heartbeatRelay: relay,
              services: Object.fromEntries(
                exposed.map((each) => [each, { host: host(each), upstream: services[each].url }]),
              ),
            },
            // InfluxDB must be set up before anybody can reach it. The others may come while the portal does.
            { ...parent, dependsOn: influxDb },
          );
        case "existing":
          return new IngestGate(
            `${name}-ingest-gate`,
            {
              ...placement,
              image: images.httpsPortal,
              networks: [networks.telegraf, ...(relay.aliases.length === 0 ? [] : [networks.grafana])],
              heartbeatRelay: relay,
              spool: telegraf.spool,
              upstream: telegraf.url,
              portal: { name: ingress.container },
              host: settings.expose.telegraf ? host("telegraf") : undefined,
              certificates: settings.certificates,
            },
            { ...parent, dependsOn: telegraf },
          );
        case "loopback":
          return new LoopbackIngress(
            `${name}-loopback-ingress`,
            {
              ...placement,
              image: images.httpsPortal,
              networks: allNetworks,
              spool: telegraf.spool,
              upstreams: {
                influxdb: isInfluxDbHere ? influxDb.url : undefined,
                grafana: grafana.url,
                telegraf: telegraf.url,
              },
              ports: ingress.ports,
              heartbeatRelay: relay,
              ca: settings.ingress.ca,
            },
            { ...parent, dependsOn: influxDb },
          );
      }
    };
    const door = createIngress();
    if (vps !== "local" && backup.at !== undefined) {
      new BackupTimer(`${name}-backup`, { ...backupView(settings), vps, at: backup.at }, parent);
    }

    this.influxAdminPassword = influxDb.adminPassword;
    this.writeToken = tokens.write;
    this.readToken = tokens.read;
    this.grafanaAdminPassword = grafana.adminPassword;
    const masters = settings.nodes.filter(({ master }) => master).map((each) => each.name);
    this.ingest = new Map(
      masters.map((master) => [
        master,
        new IngestCredential(
          `${name}-ingest-${master}`,
          { engine, door, master, masters, rotated: rotated.ingest },
          parent,
        ),
      ]),
    );
    this.setUpAt = influxDb.setUpAt;
    this.issuers = door.issuers;
    this.registerOutputs({});
  }
}
