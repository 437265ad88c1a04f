import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings";
import { BackupTimer } from "./backupTimer";
import { Downsampling } from "./downsampling";
import { Grafana } from "./grafana";
import { HttpsPortal } from "./httpsPortal";
import { InfluxDb } from "./influxDb";
import { InfluxToken } from "./influxToken";
import { IngestCredential } from "./ingestCredential";
import { stackLabel } from "./serverContainer";
import { ServerEngine } from "./serverEngine";
import { bufferLimit, ingestPath, Telegraf } from "./telegraf";
import { TokenRevocation } from "./tokenRevocation";

/** The server half: everything that runs on the VPS, and the credentials for it. */
export class MonitoringServer extends pulumi.ComponentResource {
  /** The public URL of each service, whether it is exposed or not. */
  readonly urls: Readonly<Record<"influxdb" | "grafana" | "telegraf", string>>;
  readonly influxAdminPassword: pulumi.Output<string>;
  /** Telegraf's token; it may write to the bucket. */
  readonly writeToken: pulumi.Output<string>;
  /** Grafana's token; it may read the bucket. */
  readonly readToken: pulumi.Output<string>;
  readonly grafanaAdminPassword: pulumi.Output<string>;
  /** The bearer token that remote write is let in with. */
  readonly ingest: IngestCredential;
  /** When InfluxDB was set up, as ISO 8601; no credential is older. */
  readonly setUpAt: pulumi.Output<string>;
  /** The certificate to trust for remote write, in PEM, where no known authority signs it. */
  readonly ownCertificate: pulumi.Output<string> | undefined;

  constructor(name: string, settings: Settings, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:MonitoringServer", name, {}, opts);
    const { stack, images, keepVolumes, rotated, vps, backup } = settings;
    const parent = { parent: this };
    const host = (service: string): string => `${service}.${settings.domain}`;
    const exposed = (["influxdb", "grafana", "telegraf"] as const).filter((each) => settings.expose[each]);
    this.urls = {
      influxdb: `https://${host("influxdb")}`,
      grafana: `https://${host("grafana")}`,
      telegraf: `https://${host("telegraf")}${ingestPath}`,
    };

    const engine = new ServerEngine(`${name}-engine`, settings.vps, parent);
    const placement = { engine, stack, keepVolumes };

    // Each network is named after the service it leads to. InfluxDB is on all of them, Telegraf and Grafana on
    // one each: they reach InfluxDB, and not each other.
    const createNetwork = (service: string): docker.Network =>
      new docker.Network(
        `${name}-${service}-network`,
        { name: service, labels: [stackLabel(stack)] },
        { ...parent, provider: engine.provider },
      );
    const networks = {
      influxdb: createNetwork("influxdb"),
      telegraf: createNetwork("telegraf"),
      grafana: createNetwork("grafana"),
    };

    const influxDb = new InfluxDb(
      `${name}-influxdb`,
      {
        ...placement,
        image: images.influxdb,
        settings: settings.influxdb,
        networks: Object.values(networks),
        rotated: rotated.influxdbAdmin,
      },
      parent,
    );
    const downsampling = new Downsampling(`${name}-downsampling`, { engine, influxDb, settings }, parent);
    const raw = { buckets: [influxDb.bucket], bucketIds: [influxDb.bucketId] };
    const writeToken = new InfluxToken(
      `${name}-telegraf-token`,
      {
        engine,
        influxDb,
        action: "write",
        ...raw,
        description: `${stack}: telegraf`,
        rotated: rotated.telegraf,
      },
      parent,
    );
    const readToken = new InfluxToken(
      `${name}-grafana-token`,
      {
        engine,
        influxDb,
        action: "read",
        buckets: [...raw.buckets, ...downsampling.buckets],
        bucketIds: [...raw.bucketIds, ...downsampling.bucketIds],
        description: `${stack}: grafana`,
        rotated: rotated.grafana,
      },
      parent,
    );

    const telegraf = new Telegraf(
      `${name}-telegraf`,
      {
        ...placement,
        image: images.telegraf,
        networks: [networks.telegraf],
        influxDb,
        token: writeToken.token,
        publicNames: exposed.map(host),
        bufferLimit: bufferLimit(settings),
      },
      parent,
    );
    const grafana = new Grafana(
      `${name}-grafana`,
      {
        ...placement,
        image: images.grafana,
        networks: [networks.grafana],
        influxDb,
        token: readToken.token,
        publicUrl: this.urls.grafana,
        settings,
      },
      parent,
    );
    new TokenRevocation(
      `${name}-token-revocation`,
      { engine, influxDb, stack, tokens: [writeToken, readToken] },
      { ...parent, dependsOn: [telegraf, grafana] },
    );

    const services = { influxdb: influxDb, grafana, telegraf };
    const portal = new HttpsPortal(
      `${name}-https-portal`,
      {
        ...placement,
        image: images.httpsPortal,
        networks: Object.values(networks),
        spool: telegraf.spool,
        certificates: settings.certificates,
        services: Object.fromEntries(
          exposed.map((each) => [each, { host: host(each), upstream: services[each].url }]),
        ),
      },
      // InfluxDB must be set up before anybody can reach it, and an upstream that answers saves a first 502.
      { ...parent, dependsOn: [influxDb, telegraf, grafana] },
    );
    if (vps !== "local" && backup.at !== undefined) {
      new BackupTimer(`${name}-backup`, { ...backup, vps, at: backup.at }, parent);
    }

    this.influxAdminPassword = influxDb.adminPassword;
    this.writeToken = writeToken.token;
    this.readToken = readToken.token;
    this.grafanaAdminPassword = grafana.adminPassword;
    this.ingest = new IngestCredential(`${name}-ingest`, { engine, portal, rotated: rotated.ingest }, parent);
    this.setUpAt = influxDb.setUpAt;
    this.ownCertificate = portal.ownCertificate;
    this.registerOutputs({});
  }
}
