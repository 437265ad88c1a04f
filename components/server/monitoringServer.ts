import * as pulumi from "@pulumi/pulumi";
import type { Service } from "../settings/serviceNames";
import type { Settings } from "../settings/settings";
import { BackupTimer, backupTimerView } from "./backup/backupTimer";
import type { DockerObject, Placement } from "./engine/serverContainer";
import { ServerEngine } from "./engine/serverEngine";
import { createNetworks, type ServerNetworks } from "./engine/serverNetworks";
import { Grafana } from "./grafana/grafana";
import { ExternalInfluxDb, externalPlace } from "./influxdb/externalInfluxDb";
import type { InfluxAccess } from "./influxdb/influxApi";
import { InfluxDb } from "./influxdb/influxDb";
import { InfluxTokens } from "./influxdb/influxTokens";
import { createIngress, portalName } from "./ingress/ingress";
import { IngestCredential } from "./ingress/ingestCredential";
import { type IngestEndpoint, statusUrls } from "./ingress/ingestEndpoint";
import { publicUrls } from "./publicUrls";
import { components } from "./resourceNames";
import { Telegraf } from "./telegraf/telegraf";

/** The server half: everything that runs on the VPS, and its credentials. */
export class MonitoringServer extends pulumi.ComponentResource {
  readonly urls: Readonly<Record<Service, string>>;
  /** Undefined where a user has set InfluxDB up. */
  readonly influxAdminPassword: pulumi.Output<string> | undefined;
  /** Telegraf's token; it may write to the bucket. */
  readonly writeToken: pulumi.Output<string>;
  /** Grafana's token; it may read the bucket. */
  readonly readToken: pulumi.Output<string>;
  readonly grafanaAdminPassword: pulumi.Output<string>;
  /** The UIDs of all rules of the user's that Grafana was ever given. */
  readonly provisionedRules: pulumi.Output<string[]>;
  /** The credential of each master's remote write, by the master's name. */
  readonly ingest: ReadonlyMap<string, IngestCredential>;
  /** When InfluxDB was set up, as ISO 8601; no credential is older. */
  readonly setUpAt: pulumi.Output<string>;
  /** The issuers of the certificate for remote write, in PEM; undefined where the authorities of every system are enough. */
  readonly issuers: pulumi.Output<string> | undefined;

  private readonly placement: Placement;
  private readonly networks: ServerNetworks;

  constructor(
    name: string,
    private readonly settings: Settings,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:MonitoringServer", name, {}, opts);
    const { stack, keepVolumes } = settings;
    this.urls = publicUrls(settings);

    const engine = new ServerEngine(components.engine, settings.vps, { parent: this });
    const placement = { engine, stack, keepVolumes };
    this.placement = placement;
    this.networks = createNetworks(placement, settings, this);
    const influxDb = this.createInfluxDb();
    const tokens = new InfluxTokens(influxDb.credentials, settings, this);
    const telegraf = this.createTelegraf(tokens.write);
    const grafana = this.createGrafana(influxDb.setUpAt, tokens.read);
    tokens.revokeOthers([telegraf, grafana]);
    const args = { placement, settings, networks: this.networks, spool: telegraf.spool };
    const ingress = createIngress(args, { influxDb, telegraf }, this);
    this.createBackupTimer(telegraf);

    this.influxAdminPassword = influxDb.adminPassword;
    this.writeToken = tokens.write;
    this.readToken = tokens.read;
    this.grafanaAdminPassword = grafana.adminPassword;
    this.provisionedRules = grafana.provisionedRules;
    this.ingest = this.createIngestCredentials(ingress);
    this.setUpAt = influxDb.setUpAt;
    this.issuers = ingress.issuers;
    this.registerOutputs({});
  }

  private createInfluxDb(): InfluxAccess & pulumi.Resource {
    const { placement, networks, settings } = this;
    const { influxdb } = settings;
    return influxdb.kind === "external"
      ? new ExternalInfluxDb(
          components.influxdb,
          { engine: placement.engine, settings: influxdb, place: externalPlace(settings) },
          { parent: this },
        )
      : new InfluxDb(
          components.influxdb,
          { placement, networks: networks.all, settings, influxdb },
          { parent: this },
        );
  }

  private createTelegraf(token: pulumi.Output<string>): Telegraf {
    const { placement, networks, settings } = this;
    return new Telegraf(
      components.telegraf,
      {
        placement,
        networks: [networks.telegraf, ...this.networksToInfluxDb()],
        settings,
        token,
        portal: portalName(settings),
        statusUrl: statusUrls[settings.ingress.kind],
      },
      { parent: this },
    );
  }

  private createGrafana(setUpAt: pulumi.Output<string>, token: pulumi.Output<string>): Grafana {
    const { placement, settings } = this;
    const networks = [this.networks.grafana, ...this.networksToInfluxDb()];
    return new Grafana(
      components.grafana,
      { placement, networks, settings, setUpAt, token },
      { parent: this },
    );
  }

  /** An external InfluxDB stays on its own network, so its users join that one. */
  private networksToInfluxDb(): DockerObject[] {
    const { influxdb } = this.networks;
    return this.settings.influxdb.kind === "external" && influxdb !== undefined ? [influxdb] : [];
  }

  private createBackupTimer(telegraf: Telegraf): void {
    const { vps } = this.settings;
    const view = backupTimerView(this.settings);
    if (vps !== "local" && view !== undefined) {
      new BackupTimer(components.backup, { vps, view }, { parent: this, dependsOn: telegraf });
    }
  }

  private createIngestCredentials(endpoint: IngestEndpoint): ReadonlyMap<string, IngestCredential> {
    const { engine } = this.placement;
    const { nodes, rotated } = this.settings;
    const masters = nodes.filter(({ master }) => master).map(({ name }) => name);
    return new Map(
      masters.map((master) => [
        master,
        new IngestCredential(
          components.ingest(master),
          { engine, endpoint, master, masters, rotated: rotated.ingest },
          { parent: this },
        ),
      ]),
    );
  }
}
