import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { InfluxDbSettings } from "../../settings/influxDbKinds";
import type { Settings } from "../../settings/settings";
import { type InfluxDbSizing, sizeInfluxDb } from "../../settings/sizing";
import { containerStops } from "../engine/containerStops";
import { bucketProperties, secondsPerDay, type InfluxAccess, renderInfluxScript } from "./influxApi";
import { InfluxConnection } from "./influxConnection";
import { createPassword } from "../credentials";
import { containers, localUrl, resources, servicePorts, volumes } from "../resourceNames";
import { type DockerObject, ServerContainer, type Placement } from "../engine/serverContainer";
import { ContainerScript } from "../engine/containerScript";
import { type OutputName, readScriptOutput, withLastOutputs } from "../engine/scriptOutputs";

const mebibyte = 1024 * 1024;

interface InfluxDbArgs {
  readonly placement: Placement;
  readonly networks: readonly DockerObject[];
  readonly settings: Settings;
  /** The part of the settings for an InfluxDB that the program runs. */
  readonly influxdb: Exclude<InfluxDbSettings, { kind: "external" }>;
}

/** The URL of InfluxDB, wherever it runs, for its users on the server. */
export function influxUrl(influxdb: InfluxDbSettings): string {
  return influxdb.kind === "external"
    ? influxdb.url
    : `http://${containers.influxdb}:${servicePorts.influxdb}`;
}

/** InfluxDB in a container, with its organization, bucket and admin. */
export class InfluxDb extends pulumi.ComponentResource implements InfluxAccess {
  readonly setUpAt: pulumi.Output<string>;
  readonly credentials: InfluxAccess["credentials"];
  readonly adminPassword: pulumi.Output<string> | undefined;

  constructor(
    private readonly name: string,
    private readonly args: InfluxDbArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:InfluxDb", name, {}, opts);
    const { influxdb } = args;
    const container = this.createContainer();
    const { setUpAt, credentials, adminPassword } =
      influxdb.kind === "adopted" ? this.connect(container, influxdb.adminToken) : this.setUp(container);

    this.setUpAt = setUpAt;
    this.credentials = credentials;
    this.adminPassword = adminPassword;
    this.registerOutputs({});
  }

  private createContainer(): docker.Container {
    const { placement, networks, settings } = this.args;
    const sizing = sizeInfluxDb(settings);
    return new ServerContainer(
      this.name,
      {
        placement,
        image: settings.images.influxdb,
        name: containers.influxdb,
        networks,
        data: {
          volume: volumes.influxdb,
          existing: settings.existing.volumes.influxdb,
          path: "/var/lib/influxdb2",
        },
        environment: environment(sizing),
        healthCheck: ["CMD", "curl", "--fail", "--silent", `${localUrl("influxdb")}/health`],
        memory: sizing.memory,
        stop: containerStops.influxdb,
      },
      { parent: this },
    );
  }

  /** Uses what a user has set up by hand on the volume. */
  private connect(container: docker.Container, adminToken: string): InfluxAccess {
    const { placement, influxdb } = this.args;
    return new InfluxConnection(
      `${this.name}-connection`,
      {
        engine: placement.engine,
        place: container,
        settings: influxdb,
        login: { adminToken, apiUrl: localUrl("influxdb") },
      },
      { parent: this },
    );
  }

  /**
   * Sets InfluxDB up. The script prints the password that is in force. Later scripts sign in with it to make and revoke
   * tokens.
   */
  private setUp(container: docker.Container): InfluxAccess {
    const { engine } = this.args.placement;
    const { influxdb, settings } = this.args;
    const { adminUser, org, bucket } = influxdb;
    const password = createPassword(
      `${this.name}-admin-password`,
      { length: 32, rotated: settings.rotated.influxdbAdmin },
      this,
    );
    const { stdout } = new ContainerScript(
      resources.influxdbSetup,
      {
        engine,
        place: container,
        script: password.apply((adminPassword) => renderSetup({ ...influxdb, adminPassword })),
        // Only the password in force can set another one.
        update: withLastOutputs("influxdbSetup", {
          set_up_at: "setUpAt",
          previous_password: "adminPassword",
        }),
      },
      { parent: this },
    );
    const output = (name: OutputName<"influxdbSetup">): pulumi.Output<string> =>
      stdout.apply((text) => readScriptOutput("influxdbSetup", name, text));
    const adminPassword = output("adminPassword");
    return {
      setUpAt: pulumi.unsecret(output("setUpAt")),
      adminPassword,
      credentials: {
        engine,
        place: container,
        login: adminPassword.apply((value) => ({ adminUser, adminPassword: value })),
        orgId: pulumi.unsecret(output("organizationId")),
        bucket: { name: bucket, id: pulumi.unsecret(output("bucketId")) },
        tokenTriggers: [org],
        isOwn: true,
      },
    };
  }
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
