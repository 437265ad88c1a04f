import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Settings } from "../../settings/settings";
import type { InfluxDbSizing } from "../../settings/sizing";
import { containerStops } from "../engine/containerStops";
import {
  bucketProperties,
  type InfluxAccess,
  type InfluxAdmin,
  localUrl,
  renderInfluxScript,
} from "./influxApi";
import { InfluxConnection } from "./influxConnection";
import { rotationKeepers } from "../rotation";
import { containers, resources, volumes } from "../resourceNames";
import { type Named, ServerContainer, type Placement, serverVolume } from "../engine/serverContainer";
import { ContainerScript, printedBefore } from "../engine/serverEngine";

const mebibyte = 1024 * 1024;
export const secondsPerDay = 24 * 60 * 60;

export interface InfluxDbArgs extends Placement {
  readonly image: string;
  readonly settings: Settings["influxdb"];
  readonly sizing: InfluxDbSizing;
  readonly networks: readonly Named[];
  /** A volume that is there already. */
  readonly existingVolume: string | undefined;
  readonly keepVolumes: boolean;
  /** When the admin's password was last rotated. */
  readonly rotated: string | undefined;
}

/** The URL of InfluxDB, wherever it is, for those on the server who use it. */
export function influxUrl({ url }: Settings["influxdb"]): string {
  return url ?? `http://${containers.influxdb}:8086`;
}

/** InfluxDB, set up with its organization, bucket and admin before anything else can reach it. */
export class InfluxDb extends pulumi.ComponentResource implements InfluxAccess {
  readonly container: docker.Container;
  /** URL by container name, for those on one of its networks. */
  readonly url: string;
  readonly healthPath = "health";
  readonly org: string;
  readonly bucket: string;
  readonly setUpAt: pulumi.Output<string>;
  readonly admin: InfluxAdmin;
  /**
   * The password in force; it makes and revokes the tokens, and there is no token that may do everything. Unset where
   * somebody else has set InfluxDB up.
   */
  readonly adminPassword: pulumi.Output<string> | undefined;

  constructor(name: string, args: InfluxDbArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxDb", name, {}, opts);
    const { engine, settings, sizing } = args;
    this.url = influxUrl(settings);
    this.org = settings.org;
    this.bucket = settings.bucket;

    const volume = serverVolume(
      `${name}-volume`,
      { ...args, name: volumes.influxdb },
      { parent: this, retainOnDelete: args.keepVolumes },
    );
    this.container = new ServerContainer(
      name,
      {
        ...args,
        name: containers.influxdb,
        volumes: [{ volume, path: "/var/lib/influxdb2" }],
        environment: {
          INFLUXD_REPORTING_DISABLED: "true",
          INFLUXD_PPROF_DISABLED: "true",
          GOMEMLIMIT: `${sizing.goLimit}MiB`,
          // A query that needs more gets an error; without a limit it takes InfluxDB down, writes and all.
          INFLUXD_QUERY_CONCURRENCY: "8",
          INFLUXD_QUERY_QUEUE_SIZE: "64",
          INFLUXD_QUERY_INITIAL_MEMORY_BYTES: `${16 * mebibyte}`,
          INFLUXD_QUERY_MEMORY_BYTES: `${sizing.query * mebibyte}`,
          INFLUXD_QUERY_MAX_MEMORY_BYTES: `${sizing.queries * mebibyte}`,
          ...(sizing.cacheSnapshot === undefined
            ? {}
            : { INFLUXD_STORAGE_CACHE_SNAPSHOT_MEMORY_SIZE: `${sizing.cacheSnapshot * mebibyte}` }),
        },
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8086/health"],
        memory: sizing.memory,
        stop: containerStops.influxdb,
      },
      { parent: this },
    );

    if (settings.adminToken !== undefined) {
      const { setUpAt, admin } = new InfluxConnection(
        `${name}-connection`,
        { engine, place: this.container, settings, adminToken: settings.adminToken, apiUrl: localUrl },
        { parent: this },
      );
      this.setUpAt = setUpAt;
      this.admin = admin;
      this.adminPassword = undefined;
      this.registerOutputs({});
      return;
    }
    const adminPassword = new random.RandomPassword(
      `${name}-admin-password`,
      { length: 32, special: false, keepers: rotationKeepers(args.rotated) },
      { parent: this },
    ).result;
    const setup = new ContainerScript(
      resources.influxdbSetup,
      {
        engine,
        container: this.container,
        script: adminPassword.apply((password) => renderSetup({ ...settings, adminPassword: password })),
        // Without the password in force there is no way in to set another one.
        update: printedBefore({ set_up_at: 3, previous_password: 4 }),
      },
      { parent: this },
    );
    const line = (number: number): pulumi.Output<string> =>
      setup.stdout.apply((stdout) => stdout.split("\n")[number] ?? "");
    this.setUpAt = pulumi.unsecret(line(2));
    this.adminPassword = line(3);
    const { adminUser } = settings;
    this.admin = {
      place: this.container,
      login: this.adminPassword.apply((password) => ({ adminUser, adminPassword: password })),
      orgId: pulumi.unsecret(line(0)),
      bucketId: pulumi.unsecret(line(1)),
      identity: [settings.org],
      outlivesStack: false,
    };
    this.registerOutputs({});
  }
}

/** What the set-up script is rendered from. */
export interface SetupView extends Pick<
  Settings["influxdb"],
  "adminUser" | "org" | "bucket" | "retentionDays"
> {
  readonly adminPassword: string;
}

/** The shell script that sets InfluxDB up through its own API; see the template. */
export function renderSetup({ adminUser, adminPassword, org, bucket, retentionDays }: SetupView): string {
  const login = { adminUser, adminPassword };
  return renderInfluxScript(join(__dirname, "influxDb.setup.sh.mustache"), login, {
    org,
    bucket,
    // As InfluxDB calls it.
    setupToken: `${adminUser}'s Token`,
    setupBody: JSON.stringify({
      username: adminUser,
      password: adminPassword,
      org,
      bucket,
      retentionPeriodSeconds: retentionDays * secondsPerDay,
    }),
    bucketProperties: bucketProperties(bucket, retentionDays),
  });
}
