import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { renderContactPoints, renderRules } from "../../alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../dashboards/dashboards";
import { dashboardFolder, renderDashboardProvider } from "../../dashboards/provisioning";
import { nameOfService } from "../../settings/serviceNames";
import { hasOwnGrafana, type Settings } from "../../settings/settings";
import { escapeVariables, render } from "../../template";
import { containerStops } from "../engine/containerStops";
import type { InfluxAccess } from "../influxdb/influxApi";
import { credentialDates, rotationKeepers } from "../rotation";
import { containers, resources, volumes } from "../resourceNames";
import {
  type ContainerFile,
  type Named,
  type Placement,
  ServerContainer,
  serverVolume,
} from "../engine/serverContainer";
import { ContainerScript } from "../engine/serverEngine";

/** Where the container keeps the token of its data source. */
export const grafanaTokenFile = "/etc/grafana/secrets/influxdb-token";
const smtpPasswordFile = "/etc/grafana/secrets/smtp-password";
/**
 * A folder whose certificates Go trusts besides those of the image's first file of authorities.
 * Source: `loadSystemRoots` in Go's crypto/x509/root_unix.go
 */
const authoritiesFolder = "/etc/grafana/authorities";
const provisioningFolder = "/etc/grafana/provisioning";

/** In megabytes. Grafana 13.2 runs each data source as a process: https://github.com/grafana/grafana/issues/129593 */
const grafanaMemory = 1024;

export interface GrafanaArgs extends Placement {
  readonly image: string;
  readonly networks: readonly Named[];
  readonly influxDb: InfluxAccess;
  /** A token that may read the bucket. */
  readonly token: pulumi.Input<string>;
  /** The address that people open. */
  readonly publicUrl: string;
  readonly settings: Settings;
}

/** Grafana, with its Flux data source, its dashboards and its alerts provisioned. */
export class Grafana extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** URL by container name, for those on one of its networks. */
  readonly url = `http://${containers.grafana}:3000`;
  readonly adminPassword: pulumi.Output<string>;

  constructor(name: string, args: GrafanaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:Grafana", name, {}, opts);
    const { engine, influxDb, settings } = args;
    const adminPassword = new random.RandomPassword(
      `${name}-admin-password`,
      { length: 32, special: false, keepers: rotationKeepers(settings.rotated.grafanaAdmin) },
      { parent: this },
    ).result;

    const existingVolume = settings.existing.volumes.grafana;
    const volume = serverVolume(
      `${name}-volume`,
      { ...args, name: volumes.grafana, existingVolume },
      { parent: this, retainOnDelete: settings.keepVolumes },
    );
    this.container = new ServerContainer(
      name,
      {
        ...args,
        name: containers.grafana,
        volumes: [{ volume, path: "/var/lib/grafana" }],
        files: [
          {
            path: `${provisioningFolder}/datasources/influxdb.yaml`,
            content: renderDataSource({
              influxUrl: influxDb.url,
              org: influxDb.org,
              bucket: influxDb.bucket,
              isOwn: hasOwnGrafana(settings),
            }),
          },
          { path: grafanaTokenFile, content: args.token },
          ...provisioning(
            settings,
            influxDb.setUpAt.apply((date) => credentialDates(settings, date)),
          ),
        ],
        environment: {
          // Acts on the first start only, and only until the script below has set the one that is known.
          GF_SECURITY_ADMIN_PASSWORD: "$__file{/proc/sys/kernel/random/uuid}",
          GF_SECURITY_COOKIE_SECURE: "true",
          GF_SERVER_ROOT_URL: args.publicUrl,
          // From 13 on it is on, and takes twice the memory: https://github.com/grafana/grafana/issues/123017
          GF_SERVER_ENABLE_GZIP: "false",
          GF_ANALYTICS_REPORTING_ENABLED: "false",
          GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
          GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
          // Grafana 12 downloads apps that nothing here uses, each in its newest version.
          GF_PLUGINS_PREINSTALL_DISABLED: "true",
          GF_USERS_ALLOW_SIGN_UP: "false",
          // It would show them to whoever asks.
          GF_METRICS_ENABLED: "false",
          GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: dashboardFile("cluster"),
          ...smtpEnvironment(settings),
        },
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:3000/api/health"],
        memory: grafanaMemory,
        stop: containerStops.grafana,
      },
      { parent: this },
    );

    const password = new ContainerScript(
      resources.grafanaAdmin,
      { engine, container: this.container, script: adminPassword.apply(renderAdminPassword) },
      { parent: this },
    );
    // Whoever reads it gets the one that works.
    this.adminPassword = pulumi.all([adminPassword, password.id]).apply(([value]) => value);
    this.registerOutputs({});
  }
}

const dashboardFile = (name: string): string => `${dashboardFolder}/${name}.json`;

/** Dashboards and alerts; some of both ask how old the credentials are. */
function provisioning(
  settings: Settings,
  credentials: pulumi.Output<Record<string, string>>,
): ContainerFile[] {
  const { password, ca } = settings.contactPoints.email ?? {};
  return [
    { path: `${provisioningFolder}/dashboards/pi-monitoring.yaml`, content: renderDashboardProvider() },
    ...dashboardNames.map((name) => ({
      path: dashboardFile(name),
      content: credentials.apply((dates) => renderDashboard(name, settings, dates)),
    })),
    {
      path: `${provisioningFolder}/alerting/rules.yaml`,
      content: credentials.apply((dates) => renderRules(settings, dates)),
    },
    {
      path: `${provisioningFolder}/alerting/contact-points.yaml`,
      content: pulumi.secret(renderContactPoints(settings)),
    },
    ...(password === undefined ? [] : [{ path: smtpPasswordFile, content: pulumi.secret(password) }]),
    ...(ca === undefined ? [] : [{ path: `${authoritiesFolder}/mail-server.pem`, content: ca }]),
  ];
}

/** What Grafana sends e-mail with. Source: conf/defaults.ini of Grafana, section smtp. */
function smtpEnvironment(settings: Settings): Record<string, string> {
  const { email } = settings.contactPoints;
  return email === undefined
    ? {}
    : {
        GF_SMTP_ENABLED: "true",
        GF_SMTP_HOST: email.host,
        GF_SMTP_FROM_ADDRESS: email.from,
        // Its host name has no dot, which Postfix may refuse (`reject_non_fqdn_helo_hostname`).
        GF_SMTP_EHLO_IDENTITY: nameOfService("grafana", settings),
        ...(email.ca === undefined ? {} : { SSL_CERT_DIR: `/etc/ssl/certs:${authoritiesFolder}` }),
        ...(email.user === undefined ? {} : { GF_SMTP_USER: email.user }),
        ...(email.password === undefined ? {} : { GF_SMTP_PASSWORD: `$__file{${smtpPasswordFile}}` }),
      };
}

/** The shell script that sets the admin's password, whatever it was before. */
export function renderAdminPassword(password: string): string {
  return render(join(__dirname, "grafana.adminPassword.sh.mustache"), "shell", { password });
}

/** What the data source is rendered from. */
export interface DataSourceView {
  readonly influxUrl: string;
  readonly org: string;
  readonly bucket: string;
  /** Whether the program has made Grafana's volume; on an existing one, another data source is the default. */
  readonly isOwn: boolean;
}

/** The provisioning file of the data source; it names the token's file and holds no secret. */
export function renderDataSource({ influxUrl, org, bucket, isOwn }: DataSourceView): string {
  return render(join(__dirname, "grafana.datasource.yaml.mustache"), "yaml", {
    isOwn,
    influxUrl,
    org: escapeVariables(org),
    bucket: escapeVariables(bucket),
    token: `$__file{${grafanaTokenFile}}`,
  });
}
