import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { renderContactPoints, renderRules } from "../../alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../dashboards/dashboards";
import { dashboardFolder, renderDashboardProvider } from "../../dashboards/provisioning";
import { dataSource } from "../../flux/fluxQuery";
import { nameOfService } from "../../settings/serviceNames";
import { hasOwnGrafana, type Settings } from "../../settings/settings";
import { grafanaMemory } from "../../settings/sizing";
import { escapeVariables, render } from "../../template";
import { containerStops } from "../engine/containerStops";
import { influxUrl } from "../influxdb/influxDb";
import { createPassword, credentialDates } from "../credentials";
import { containers, localUrl, resources, volumes } from "../resourceNames";
import {
  type ContainerFile,
  type DockerObject,
  type Placement,
  ServerContainer,
} from "../engine/serverContainer";
import { ContainerScript } from "../engine/containerScript";
import { ownFiles } from "./ownFiles";
import { provisionedRules, removableRuleUids } from "./provisionedRules";

/** Where the container keeps the token of its data source. */
const grafanaTokenFile = "/etc/grafana/secrets/influxdb-token";
const smtpPasswordFile = "/etc/grafana/secrets/smtp-password";
/**
 * A folder whose certificates Go trusts besides those of the image's first file of authorities.
 * Source: `loadSystemRoots` in Go's crypto/x509/root_unix.go
 */
const authoritiesFolder = "/etc/grafana/authorities";
const provisioningFolder = "/etc/grafana/provisioning";

interface GrafanaArgs {
  readonly placement: Placement;
  readonly networks: readonly DockerObject[];
  /** When InfluxDB was set up. */
  readonly setUpAt: pulumi.Output<string>;
  /** A token that may read the bucket. */
  readonly token: pulumi.Input<string>;
  readonly settings: Settings;
}

/** Grafana, with its Flux data source, its dashboards and its alerts provisioned. */
export class Grafana extends pulumi.ComponentResource {
  readonly adminPassword: pulumi.Output<string>;
  /** The UIDs of all rules of the user's that it was ever given. */
  readonly provisionedRules: pulumi.Output<string[]>;

  constructor(
    private readonly name: string,
    private readonly args: GrafanaArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:Grafana", name, {}, opts);
    this.provisionedRules = provisionedRules(args.settings);
    const container = this.createContainer();
    this.adminPassword = this.setPassword(container);
    this.registerOutputs({});
  }

  private createContainer(): docker.Container {
    const { placement, networks, settings } = this.args;
    return new ServerContainer(
      this.name,
      {
        placement,
        image: settings.images.grafana,
        name: containers.grafana,
        networks,
        data: {
          volume: volumes.grafana,
          existing: settings.existing.volumes.grafana,
          path: "/var/lib/grafana",
        },
        files: files(this.args, this.provisionedRules),
        environment: environment(settings),
        healthCheck: ["CMD", "curl", "--fail", "--silent", `${localUrl("grafana")}/api/health`],
        memory: grafanaMemory,
        stop: containerStops.grafana,
      },
      { parent: this },
    );
  }

  /** Sets a random password, and returns it when it is in force. */
  private setPassword(container: docker.Container): pulumi.Output<string> {
    const { engine } = this.args.placement;
    const password = createPassword(
      `${this.name}-admin-password`,
      { length: 32, rotated: this.args.settings.rotated.grafanaAdmin },
      this,
    );
    const { id } = new ContainerScript(
      resources.grafanaAdmin,
      { engine, place: container, script: password.apply(renderAdminPassword) },
      { parent: this },
    );
    return pulumi.all([password, id]).apply(([value]) => value);
  }
}

function environment(settings: Settings): Record<string, string> {
  return {
    // Acts on the first start only, and only until `setPassword` has set the real one.
    GF_SECURITY_ADMIN_PASSWORD: "$__file{/proc/sys/kernel/random/uuid}",
    GF_SECURITY_COOKIE_SECURE: "true",
    GF_SERVER_ROOT_URL: `https://${nameOfService("grafana", settings)}`,
    // On by default from 13 on, where it takes twice the memory: https://github.com/grafana/grafana/issues/123017
    GF_SERVER_ENABLE_GZIP: "false",
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    // Grafana 12 downloads apps that nothing here uses, each in its newest version.
    GF_PLUGINS_PREINSTALL_DISABLED: "true",
    GF_USERS_ALLOW_SIGN_UP: "false",
    // Grafana would show them without a login.
    GF_METRICS_ENABLED: "false",
    GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: dashboardFile("cluster"),
    ...smtpEnvironment(settings),
  };
}

function files(
  { setUpAt, token, settings }: GrafanaArgs,
  allRules: pulumi.Output<readonly string[]>,
): ContainerFile[] {
  const credentials = setUpAt.apply((date) => credentialDates(settings, date));
  return [
    { path: `${provisioningFolder}/datasources/influxdb.yaml`, content: renderDataSource(settings) },
    { path: grafanaTokenFile, content: token },
    ...provisioning(settings, credentials, allRules),
    ...ownFiles(settings, provisioningFolder),
  ];
}

const dashboardFile = (name: string): string => `${dashboardFolder}/${name}.json`;

/** Dashboards and alerts, some of which show the age of the credentials. */
function provisioning(
  settings: Settings,
  credentials: pulumi.Output<Record<string, string>>,
  allRules: pulumi.Output<readonly string[]>,
): ContainerFile[] {
  const { password, ca } = settings.contactPoints.email ?? {};
  const present = new Set(removableRuleUids(settings));
  const removed = allRules.apply((uids) => uids.filter((uid) => !present.has(uid)));
  return [
    {
      path: `${provisioningFolder}/dashboards/pi-monitoring.yaml`,
      content: renderDashboardProvider(settings),
    },
    ...dashboardNames(settings).map((name) => ({
      path: dashboardFile(name),
      content: credentials.apply((dates) => renderDashboard(name, settings, dates)),
    })),
    {
      path: `${provisioningFolder}/alerting/rules.yaml`,
      content: pulumi
        .all([credentials, removed])
        .apply(([dates, uids]) => renderRules(settings, dates, uids)),
    },
    {
      path: `${provisioningFolder}/alerting/contact-points.yaml`,
      content: pulumi.secret(renderContactPoints(settings)),
    },
    ...(password === undefined ? [] : [{ path: smtpPasswordFile, content: pulumi.secret(password) }]),
    ...(ca === undefined ? [] : [{ path: `${authoritiesFolder}/mail-server.pem`, content: ca }]),
  ];
}

/** The SMTP settings of Grafana. Source: conf/defaults.ini of Grafana, section smtp. */
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

/** The shell script that sets the admin's password. */
export function renderAdminPassword(password: string): string {
  return render(join(__dirname, "grafana.adminPassword.sh.mustache"), "shell", { password });
}

/** The provisioning file of the data source; it names the token's file and holds no secret. */
export function renderDataSource(settings: Pick<Settings, "influxdb" | "existing">): string {
  const { influxdb } = settings;
  return render(join(__dirname, "grafana.datasource.yaml.mustache"), "yaml", {
    // On an existing volume, a data source of its owner's is the default.
    isOwn: hasOwnGrafana(settings),
    uid: dataSource.uid,
    influxUrl: influxUrl(influxdb),
    org: escapeVariables(influxdb.org),
    bucket: escapeVariables(influxdb.bucket),
    token: `$__file{${grafanaTokenFile}}`,
  });
}
