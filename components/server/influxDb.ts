import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Settings } from "../settings";
import { render } from "../template";
import { rotationKeepers } from "./rotation";
import { ServerContainer, type Placement, stackLabel } from "./serverContainer";
import { ContainerScript } from "./serverEngine";

const mebibyte = 1024 * 1024;
/** Of the container, in megabytes. */
const memory = 1024;
const secondsPerDay = 24 * 60 * 60;

export interface InfluxDbArgs extends Placement {
  readonly image: string;
  readonly settings: Settings["influxdb"];
  readonly networks: readonly docker.Network[];
  readonly keepVolumes: boolean;
  /** When the admin's password was last rotated. */
  readonly rotated: string | undefined;
}

/** InfluxDB, set up with its organization, bucket and admin before anything else can reach it. */
export class InfluxDb extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** URL by container name, for those on one of its networks. */
  readonly url = "http://influxdb:8086";
  readonly org: string;
  readonly bucket: string;
  /** Known when InfluxDB is set up; whoever uses it waits for that. */
  readonly orgId: pulumi.Output<string>;
  readonly bucketId: pulumi.Output<string>;
  /** When it was set up, as ISO 8601. */
  readonly setUpAt: pulumi.Output<string>;
  readonly adminUser: string;
  /** The password in force; it makes and revokes the tokens. There is no token that may do everything. */
  readonly adminPassword: pulumi.Output<string>;

  constructor(name: string, args: InfluxDbArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxDb", name, {}, opts);
    const { engine, settings } = args;
    this.org = settings.org;
    this.bucket = settings.bucket;
    this.adminUser = settings.adminUser;

    const volume = new docker.Volume(
      `${name}-volume`,
      { name: "influxdb2", labels: [stackLabel(args.stack)] },
      { parent: this, provider: engine.provider, retainOnDelete: args.keepVolumes },
    );
    this.container = new ServerContainer(
      name,
      {
        ...args,
        name: "influxdb",
        volumes: [{ volume, path: "/var/lib/influxdb2" }],
        environment: {
          INFLUXD_REPORTING_DISABLED: "true",
          INFLUXD_PPROF_DISABLED: "true",
          // Garbage is collected before the container's limit is reached, and not when it has been.
          GOMEMLIMIT: `${Math.floor(0.85 * memory)}MiB`,
          // A query that needs more gets an error; without a limit it takes InfluxDB down, writes and all.
          INFLUXD_QUERY_CONCURRENCY: "8",
          INFLUXD_QUERY_QUEUE_SIZE: "64",
          INFLUXD_QUERY_INITIAL_MEMORY_BYTES: `${16 * mebibyte}`,
          INFLUXD_QUERY_MEMORY_BYTES: `${256 * mebibyte}`,
          INFLUXD_QUERY_MAX_MEMORY_BYTES: `${384 * mebibyte}`,
        },
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8086/health"],
        memory,
        stopSeconds: 60,
      },
      { parent: this },
    );

    const adminPassword = new random.RandomPassword(
      `${name}-admin-password`,
      { length: 32, special: false, keepers: rotationKeepers(args.rotated) },
      { parent: this },
    ).result;
    const setup = new ContainerScript(
      `${name}-setup`,
      {
        engine,
        container: this.container,
        script: adminPassword.apply((password) => renderSetup({ ...settings, adminPassword: password })),
        // Without the password in force there is no way in to set another one.
        update: (run) =>
          `{ printf '%s\\n' "$PULUMI_COMMAND_STDOUT" | sed -n "3s/.*/set_up_at='&'/p; 4s/.*/previous_password='&'/p"; cat; } | ${run}`,
      },
      { parent: this },
    );
    const line = (number: number): pulumi.Output<string> =>
      setup.stdout.apply((stdout) => stdout.split("\n")[number] ?? "");
    this.orgId = pulumi.unsecret(line(0));
    this.bucketId = pulumi.unsecret(line(1));
    this.setUpAt = pulumi.unsecret(line(2));
    this.adminPassword = line(3);
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
  return render(join(__dirname, "influxDb.setup.sh.mustache"), "shell", {
    adminUser,
    adminPassword,
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

/** A bucket as InfluxDB's API takes it, without the braces: a script adds the organization's id when it makes it. */
export function bucketProperties(name: string, retentionDays: number): string {
  const retentionRules = [{ type: "expire", everySeconds: retentionDays * secondsPerDay }];
  return JSON.stringify({ name, retentionRules }).slice(1, -1);
}
