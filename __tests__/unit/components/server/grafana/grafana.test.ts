import fc from "fast-check";
import { parse } from "yaml";
import { renderContactPoints, renderRules } from "../../../../../components/alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../../../../components/dashboards/dashboards";
import { renderDashboardProvider } from "../../../../../components/dashboards/provisioning";
import { renderAdminPassword, renderDataSource } from "../../../../../components/server/grafana/grafana";
import { credentialDates } from "../../../../../components/server/credentials";
import { allContactPoints, mailPasswordPart } from "../../../../support/allContactPoints";
import { influxName } from "../../../../support/arbitraries";
import { makeCertificate } from "../../../../support/certificate";
import { removableRuleUids } from "../../../../../components/server/grafana/provisionedRules";
import { exampleSettings } from "../../../../support/exampleSettings";
import { type RecordedResource, setUpAt } from "../../../../support/recordResources";
import {
  containerInputs,
  containerType,
  find,
  localCommandType,
  passwordType,
  recordServer,
} from "../../../../support/recordServer";
import { runScript } from "../../../../support/runScript";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const settings = exampleSettings({ vps: "local" });
const credentials = credentialDates(settings, setUpAt);

describe("Grafana", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  test("has a container with its data source and its token as files, and an unknown first password", () => {
    expect(find(resources, containerType, "server-grafana").inputs).toEqual(
      containerInputs(
        {
          name: "grafana",
          networks: ["grafana"],
          healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:3000/api/health"],
          memory: 1024,
          stop: { signal: "SIGTERM", seconds: 30 },
        },
        {
          envs: [
            "GF_SECURITY_ADMIN_PASSWORD=$__file{/proc/sys/kernel/random/uuid}",
            "GF_SECURITY_COOKIE_SECURE=true",
            "GF_SERVER_ROOT_URL=https://grafana.example.com",
            "GF_SERVER_ENABLE_GZIP=false",
            "GF_ANALYTICS_REPORTING_ENABLED=false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES=false",
            "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false",
            "GF_PLUGINS_PREINSTALL_DISABLED=true",
            "GF_USERS_ALLOW_SIGN_UP=false",
            "GF_METRICS_ENABLED=false",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH=/etc/grafana/dashboards/cluster.json",
          ],
          volumes: [{ volumeName: "grafana-storage", containerPath: "/var/lib/grafana" }],
          uploads: [
            {
              file: "/etc/grafana/provisioning/datasources/influxdb.yaml",
              content: renderDataSource(settings),
            },
            {
              file: "/etc/grafana/secrets/influxdb-token",
              content: { secret: "server-grafana-token-authorization-line-2" },
            },
            {
              file: "/etc/grafana/provisioning/dashboards/pi-monitoring.yaml",
              content: renderDashboardProvider(settings),
            },
            ...dashboardNames(settings).map((name) => ({
              file: `/etc/grafana/dashboards/${name}.json`,
              content: renderDashboard(name, settings, credentials),
            })),
            {
              file: "/etc/grafana/provisioning/alerting/rules.yaml",
              content: renderRules(settings, credentials),
            },
            {
              file: "/etc/grafana/provisioning/alerting/contact-points.yaml",
              content: { secret: renderContactPoints(settings) },
            },
          ],
        },
      ),
    );
  });

  test("has a random admin password", () => {
    const password = find(resources, passwordType, "server-grafana-admin-password");
    expect(password.inputs).toEqual({ length: 32, special: false });
  });

  test("has that password set inside the container", () => {
    const { inputs, dependsOn, options } = find(resources, localCommandType, "server-grafana-admin");
    expect(inputs).toEqual({
      create: "docker exec -i grafana sh -s",
      stdin: { secret: renderAdminPassword("server-grafana-admin-password-result") },
      logging: "none",
    });
    expect(dependsOn).toContain(`${containerType} server-grafana`);
    expect(options["additionalSecretOutputs"]).toEqual(["stdout", "stderr"]);
  });
});

test("another date of rotation makes another admin password", async () => {
  const resources = await recordServer({ rotated: { grafanaAdmin: "2026-11-23T16:20:00Z" } });
  expect(find(resources, passwordType, "server-grafana-admin-password").inputs).toEqual({
    length: 32,
    special: false,
    keepers: { rotated: "2026-11-23T16:20:00Z" },
  });
});

describe("dashboards and rules of the user's", () => {
  const grafana = { dashboards: "docs/grafana/dashboards", rules: "docs/grafana/rules" };
  const both = exampleSettings({ vps: "local", grafana });

  async function uploads(changes: object, before: readonly string[] = []): Promise<Map<string, unknown>> {
    const resources = await recordServer(changes, { provisionedRules: before });
    const { uploads: files } = find(resources, containerType, "server-grafana").inputs as {
      uploads: { file: string; content: unknown }[];
    };
    return new Map(files.map(({ file, content }) => [file, content]));
  }

  test("are files of the container beside the program's", async () => {
    const files = await uploads({ grafana });
    const [dashboard] = both.grafana.dashboards ?? [];
    expect(files.get("/etc/grafana/own-dashboards/uptime.json")).toBe(dashboard?.content);
    expect(parse(String(files.get("/etc/grafana/provisioning/alerting/users-restarts.yaml")))).toMatchObject({
      groups: [{ name: "restarts", folder: "Own alerts", rules: [{ uid: "node-has-restarted" }] }],
    });
    // Grafana reads them in this order, and deletes first.
    expect([...files.keys()].filter((file) => file.includes("/alerting/")).sort()).toEqual(
      ["contact-points.yaml", "rules.yaml", "users-restarts.yaml"].map(
        (file) => `/etc/grafana/provisioning/alerting/${file}`,
      ),
    );
    expect(parse(String(files.get("/etc/grafana/provisioning/dashboards/pi-monitoring.yaml")))).toEqual({
      apiVersion: 1,
      providers: [
        ["pi-monitoring", "Pi monitoring", "/etc/grafana/dashboards"],
        ["pi-monitoring-own", "Own dashboards", "/etc/grafana/own-dashboards"],
      ].map(([name, folder, path]) => ({
        name,
        folder,
        type: "file",
        allowUiUpdates: false,
        options: { path },
      })),
    });
  });

  test("leave no folder without files, in which Grafana would keep what is gone", async () => {
    const files = await uploads({});
    // Another byte would replace the container of each stack that has none.
    expect(files.get("/etc/grafana/provisioning/dashboards/pi-monitoring.yaml")).toBe(`apiVersion: 1
providers:
  - name: pi-monitoring
    folder: Pi monitoring
    type: file
    allowUiUpdates: false
    options:
      path: /etc/grafana/dashboards
`);
  });

  test("rules that are in no file any more are deleted, and no others", async () => {
    const rulesFile = (files: Map<string, unknown>): unknown =>
      files.get("/etc/grafana/provisioning/alerting/rules.yaml");
    const before = ["gone", "node-has-restarted"];
    const deleted = (file: unknown): unknown =>
      (parse(String(file)) as { deleteRules?: unknown }).deleteRules;
    expect(deleted(rulesFile(await uploads({ grafana }, before)))).toEqual([{ orgId: 1, uid: "gone" }]);
    expect(deleted(rulesFile(await uploads({}, before)))).toEqual(before.map((uid) => ({ orgId: 1, uid })));
    expect(rulesFile(await uploads({ grafana }))).toBe(renderRules(settings, credentials));
    expect(rulesFile(await uploads({}))).toBe(renderRules(settings, credentials));
    const ofPreset = removableRuleUids(exampleSettings({ presets: { pi5: true } })).sort();
    expect(ofPreset).toContain("pi-monitoring-fan-stopped");
    expect(deleted(rulesFile(await uploads({ presets: { pi5: true } }, ofPreset)))).toBeUndefined();
    expect(deleted(rulesFile(await uploads({}, ofPreset)))).toEqual(
      ofPreset.map((uid) => ({ orgId: 1, uid })),
    );
  });
});

const contactPoints = allContactPoints("https://example.com");
const folder = temporaryFolder();

test("the environment names the files of secrets, whose content Grafana does not expand again", async () => {
  const resources = await recordServer({ contactPoints });
  const envs = (find(resources, containerType, "server-grafana").inputs as { envs: string[] }).envs;
  expect(envs.filter((env) => /PASSWORD/.test(env))).toEqual([
    "GF_SECURITY_ADMIN_PASSWORD=$__file{/proc/sys/kernel/random/uuid}",
    "GF_SMTP_PASSWORD=$__file{/etc/grafana/secrets/smtp-password}",
  ]);
  // Such variables are read by the entry point of some images only.
  expect(envs.filter((env) => env.includes("__FILE="))).toEqual([]);
  expect(JSON.stringify(envs)).not.toContain(mailPasswordPart);
});

test("Grafana greets the mail server with its public name, and trusts the authority of the settings", async () => {
  const { certificate: ca } = makeCertificate(folder, "mail.example.com");
  const names = { grafana: "pi.example.org" };
  const resources = await recordServer({ names, contactPoints: { email: { ...contactPoints.email, ca } } });
  const { envs, uploads } = find(resources, containerType, "server-grafana").inputs as {
    envs: string[];
    uploads: { file: string; content: unknown }[];
  };
  expect(envs).toContain("GF_SMTP_EHLO_IDENTITY=pi.example.org");
  // Go reads the file of known authorities, and then these folders.
  expect(envs).toContain("SSL_CERT_DIR=/etc/ssl/certs:/etc/grafana/authorities");
  expect(uploads).toContainEqual({ file: "/etc/grafana/authorities/mail-server.pem", content: ca });
});

test("without an authority in the settings, the certificate of the mail server is checked by the known ones", async () => {
  const resources = await recordServer({ contactPoints });
  const { envs } = find(resources, containerType, "server-grafana").inputs as { envs: string[] };
  expect(envs).toContain("GF_SMTP_EHLO_IDENTITY=grafana.example.com");
  expect(envs.filter((env) => /CERT|SKIP_VERIFY/.test(env))).toEqual([]);
});

describe("the script of the admin's password", () => {
  const stub = (status: number): string => `grafana() { printf '%s\\0' "$@"; cat; return ${status}; }`;

  test("hands Grafana the password on standard input, and nowhere else", () => {
    const { status, stdout } = runScript(renderAdminPassword("the-password"), [], stub(0));
    expect(status).toBe(0);
    expect(stdout.split("\0")).toEqual([
      "cli",
      "--homepath",
      "/usr/share/grafana",
      "admin",
      "reset-admin-password",
      "--password-from-stdin",
      "the-password",
    ]);
  });

  test("says what an existing volume needs where Grafana fails", () => {
    const { status, stderr } = runScript(renderAdminPassword("the-password"), [], stub(3));
    expect(status).toBe(1);
    expect(stderr).toContain("must be a server administrator: docs/adoption.md");
  });
});

test("any names that the settings accept are in the data source, with $ as Grafana wants it", () => {
  fc.assert(
    fc.property(influxName, influxName, (org, bucket) => {
      const influxdb = { ...settings.influxdb, org, bucket };
      expect(parse(renderDataSource({ ...settings, influxdb }))).toEqual({
        apiVersion: 1,
        deleteDatasources: [{ name: "InfluxDB", orgId: 1 }],
        datasources: [
          {
            name: "Pi monitoring",
            uid: "pi-monitoring-influxdb",
            type: "influxdb",
            access: "proxy",
            url: "http://influxdb:8086",
            isDefault: true,
            editable: false,
            jsonData: {
              version: "Flux",
              organization: org.replaceAll("$", () => "$$"),
              defaultBucket: bucket.replaceAll("$", () => "$$"),
              maxSeries: 10000,
            },
            secureJsonData: { token: "$__file{/etc/grafana/secrets/influxdb-token}" },
          },
        ],
      });
    }),
    { numRuns: 500 },
  );
});
