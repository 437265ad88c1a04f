import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Settings } from "../settings";
import { render } from "../template";
import { ServerContainer, type Placement, stackLabel } from "./serverContainer";
import { ContainerScript } from "./serverEngine";

export interface InfluxDbArgs extends Placement {
  readonly image: string;
  readonly settings: Settings["influxdb"];
  readonly networks: readonly docker.Network[];
  readonly keepVolumes: boolean;
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
  /** The token that may do everything; it makes and revokes the scoped ones. */
  readonly operatorToken: pulumi.Output<string>;
  readonly adminPassword: pulumi.Output<string>;

  constructor(name: string, args: InfluxDbArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxDb", name, {}, opts);
    const { engine, settings } = args;
    this.org = settings.org;
    this.bucket = settings.bucket;

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
        environment: { INFLUXD_REPORTING_DISABLED: "true", INFLUXD_PPROF_DISABLED: "true" },
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8086/health"],
        memory: 1024,
        stopSeconds: 60,
      },
      { parent: this },
    );

    const operatorToken = new random.RandomPassword(
      `${name}-operator-token`,
      { length: 64, special: false },
      { parent: this },
    );
    const adminPassword = new random.RandomPassword(
      `${name}-admin-password`,
      { length: 32, special: false },
      { parent: this },
    );
    this.operatorToken = operatorToken.result;
    this.adminPassword = adminPassword.result;

    const setup = new ContainerScript(
      `${name}-setup`,
      {
        engine,
        container: this.container,
        script: pulumi
          .all([this.operatorToken, this.adminPassword])
          .apply(([token, password]) =>
            renderSetup({ ...settings, operatorToken: token, adminPassword: password }),
          ),
      },
      { parent: this },
    );
    const ids = pulumi.unsecret(setup.stdout).apply((stdout) => stdout.split("\n"));
    this.orgId = ids.apply(([orgId = ""]) => orgId);
    this.bucketId = ids.apply(([, bucketId = ""]) => bucketId);
    this.registerOutputs({});
  }
}

/** What the set-up script is rendered from. */
export interface SetupView extends Readonly<Settings["influxdb"]> {
  readonly operatorToken: string;
  readonly adminPassword: string;
}

/** The shell script that sets InfluxDB up through its own API; see the template. */
export function renderSetup({
  operatorToken,
  adminUser,
  adminPassword,
  org,
  bucket,
  retentionDays,
}: SetupView): string {
  const retentionSeconds = retentionDays * 24 * 60 * 60;
  const bucketProperties = {
    name: bucket,
    retentionRules: [{ type: "expire", everySeconds: retentionSeconds }],
  };
  return render(join(__dirname, "influxDb.setup.sh.mustache"), "shell", {
    operatorToken,
    org,
    bucket,
    setupBody: JSON.stringify({
      username: adminUser,
      password: adminPassword,
      org,
      bucket,
      retentionPeriodSeconds: retentionSeconds,
      token: operatorToken,
    }),
    // Without the braces: the script adds the organization's id when it makes the bucket.
    bucketProperties: JSON.stringify(bucketProperties).slice(1, -1),
  });
}
