import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { InfluxDbSettings } from "../../settings/influxDb";
import type { InfluxDbSizing } from "../../settings/sizing";
import { containerStops } from "../engine/containerStops";
import {
  bucketProperties,
  secondsPerDay,
  type InfluxAccess,
  type InfluxAdmin,
  localUrl,
  renderInfluxScript,
} from "./influxApi";
import { InfluxConnection } from "./influxConnection";
import { rotationKeepers } from "../credentials";
import { containers, resources, volumes } from "../resourceNames";
import { type Named, ServerContainer, type Placement } from "../engine/serverContainer";
import { serverVolume } from "../engine/serverVolume";
import { ContainerScript } from "../engine/containerScript";
import { type OutputName, printed, printedBefore } from "../engine/scriptOutputs";

const mebibyte = 1024 * 1024;

export interface InfluxDbArgs {
  readonly placement: Placement;
  readonly image: string;
  readonly settings: Exclude<InfluxDbSettings, { kind: "external" }>;
  readonly sizing: InfluxDbSizing;
  readonly networks: readonly Named[];
  /** The name of a volume to use instead of a new one. */
  readonly existingVolume: string | undefined;
  /** When the admin's password was last rotated. */
  readonly rotated: string | undefined;
}

/** The URL of InfluxDB, wherever it runs, for its users on the server. */
export function influxUrl(influxdb: InfluxDbSettings): string {
  return influxdb.kind === "external" ? influxdb.url : `http://${containers.influxdb}:8086`;
}

/** InfluxDB in a container, with its organization, bucket and admin. */
export class InfluxDb extends pulumi.ComponentResource implements InfluxAccess {
  readonly url: string;
  readonly healthPath = "health";
  readonly org: string;
  readonly bucket: string;
  readonly setUpAt: pulumi.Output<string>;
  readonly admin: InfluxAdmin;
  readonly adminPassword: pulumi.Output<string> | undefined;

  constructor(
    private readonly name: string,
    private readonly args: InfluxDbArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:InfluxDb", name, {}, opts);
    const { settings } = args;
    const container = this.createContainer();
    const { setUpAt, admin, adminPassword } =
      settings.kind === "adopted"
        ? this.connect(container, settings.adminToken)
        : this.setUp(container, this.createPassword());

    this.url = influxUrl(settings);
    this.org = settings.org;
    this.bucket = settings.bucket;
    this.setUpAt = setUpAt;
    this.admin = admin;
    this.adminPassword = adminPassword;
    this.registerOutputs({});
  }

  private createContainer(): docker.Container {
    const { placement, image, networks, sizing, existingVolume } = this.args;
    const volume = serverVolume(
      `${this.name}-volume`,
      { placement, name: volumes.influxdb, existing: existingVolume },
      { parent: this },
    );
    return new ServerContainer(
      this.name,
      {
        placement,
        image,
        name: containers.influxdb,
        networks,
        volumes: [{ volume, path: "/var/lib/influxdb2" }],
        environment: environment(sizing),
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8086/health"],
        memory: sizing.memory,
        stop: containerStops.influxdb,
      },
      { parent: this },
    );
  }

  /** Uses what a user has set up by hand on the volume. */
  private connect(container: docker.Container, adminToken: string): InfluxAdministration {
    const { placement, settings } = this.args;
    return new InfluxConnection(
      `${this.name}-connection`,
      { engine: placement.engine, place: container, settings, adminToken, apiUrl: localUrl },
      { parent: this },
    );
  }

  private createPassword(): pulumi.Output<string> {
    return new random.RandomPassword(
      `${this.name}-admin-password`,
      { length: 32, special: false, keepers: rotationKeepers(this.args.rotated) },
      { parent: this },
    ).result;
  }

  /** Sets InfluxDB up. The password that the script prints is in force; it makes and revokes the tokens. */
  private setUp(container: docker.Container, password: pulumi.Output<string>): InfluxAdministration {
    const { placement, settings } = this.args;
    const { adminUser, org } = settings;
    const { stdout } = new ContainerScript(
      resources.influxdbSetup,
      {
        engine: placement.engine,
        container,
        script: password.apply((adminPassword) => renderSetup({ ...settings, adminPassword })),
        // Only the password in force can set another one.
        update: printedBefore("influxdbSetup", { set_up_at: "setUpAt", previous_password: "adminPassword" }),
      },
      { parent: this },
    );
    const output = (name: OutputName<"influxdbSetup">): pulumi.Output<string> =>
      stdout.apply((text) => printed("influxdbSetup", name, text));
    const adminPassword = output("adminPassword");
    return {
      setUpAt: pulumi.unsecret(output("setUpAt")),
      adminPassword,
      admin: {
        place: container,
        login: adminPassword.apply((value) => ({ adminUser, adminPassword: value })),
        orgId: pulumi.unsecret(output("organizationId")),
        bucketId: pulumi.unsecret(output("bucketId")),
        identity: [org],
        outlivesStack: false,
      },
    };
  }
}

interface InfluxAdministration {
  readonly setUpAt: pulumi.Output<string>;
  readonly admin: InfluxAdmin;
  /** Undefined where a user has set InfluxDB up. */
  readonly adminPassword?: pulumi.Output<string>;
}

function environment(sizing: InfluxDbSizing): Record<string, string> {
  return {
    INFLUXD_REPORTING_DISABLED: "true",
    INFLUXD_PPROF_DISABLED: "true",
    GOMEMLIMIT: `${sizing.goLimit}MiB`,
    // A query that needs more gets an error; without a limit it ends InfluxDB, and with it all writes.
    INFLUXD_QUERY_CONCURRENCY: "8",
    INFLUXD_QUERY_QUEUE_SIZE: "64",
    INFLUXD_QUERY_INITIAL_MEMORY_BYTES: `${16 * mebibyte}`,
    INFLUXD_QUERY_MEMORY_BYTES: `${sizing.query * mebibyte}`,
    INFLUXD_QUERY_MAX_MEMORY_BYTES: `${sizing.queries * mebibyte}`,
    ...(sizing.cacheSnapshot === undefined
      ? {}
      : { INFLUXD_STORAGE_CACHE_SNAPSHOT_MEMORY_SIZE: `${sizing.cacheSnapshot * mebibyte}` }),
  };
}

export interface SetupView extends Pick<InfluxDbSettings, "adminUser" | "org" | "bucket" | "retentionDays"> {
  readonly adminPassword: string;
}

/** The shell script that sets InfluxDB up through its own API. */
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
