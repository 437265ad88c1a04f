import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { parse } from "yaml";
import {
  PrometheusMaster,
  type PrometheusMasterArgs,
  renderMasterSetup,
  renderPrometheusConfig,
} from "../../components/node/prometheusMaster";
import { domain, host, monitor } from "../support/arbitraries";
import { exampleSettings } from "../support/exampleSettings";
import { recordResources } from "../support/recordResources";
import { runNodeFunction } from "../support/runNodeFunction";

const { nodes, prometheus } = exampleSettings();
const args = {
  node: nodes[0],
  nodes,
  settings: prometheus,
  remoteWriteUrl: "https://telegraf.example.com/telegraf",
  ingestCredential: "the-credential",
} as PrometheusMasterArgs;
const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

describe("PrometheusMaster", () => {
  test.each([undefined, certificate])("is one secret script (certificate: %j)", async (serverCertificate) => {
    const [component, script, ...others] = await recordResources(
      () =>
        new PrometheusMaster("master", {
          ...args,
          ingestCredential: pulumi.secret("the-credential"),
          serverCertificate,
        }),
    );
    expect(component).toMatchObject({ type: "pi-monitoring:index:PrometheusMaster", inputs: {} });
    expect(script).toMatchObject({
      type: "command:remote:Command",
      name: "master-script",
      parent: "pi-monitoring:index:PrometheusMaster master",
      inputs: { stdin: { secret: renderMasterSetup(args, "the-credential", serverCertificate) } },
    });
    expect(others).toEqual([]);
  });

  test("has a secret script even if its credential is none", async () => {
    const [, script] = await recordResources(() => new PrometheusMaster("master", args));
    expect(script?.inputs["stdin"]).toHaveProperty("secret");
  });
});

describe("the set-up script", () => {
  const folder = mkdtempSync(join(tmpdir(), "prometheus-"));

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each([
    [undefined, ""],
    [certificate, certificate],
  ])("writes credential, certificate (%j) and configuration, then reloads", (given, written) => {
    const stubs = `
ensure_package() { echo "package $1"; }
install() { echo "install $*"; }
ensure_file() { printf '%s\\0' "$@"; changed=true; }
systemctl() { echo "systemctl $*"; }
promtool() { :; }`;
    const script = renderMasterSetup(args, "it's a credential", given);
    const { status, stdout } = runNodeFunction(script.replaceAll("/etc/prometheus", folder), "apply", stubs);
    const configuration = renderPrometheusConfig(args, given !== undefined);
    expect([status, stdout]).toEqual([
      0,
      [
        `package prometheus\ninstall -d -m 0750 -o root -g prometheus ${folder}/pi-monitoring\n` +
          `${folder}/pi-monitoring/ingest-credential`,
        "0640",
        "root:prometheus",
        "it's a credential",
        `${folder}/pi-monitoring/server-certificate.pem`,
        "0644",
        "root:root",
        written,
        `${folder}/prometheus.yml`,
        "0644",
        "root:root",
        configuration.replaceAll("/etc/prometheus", folder),
        "systemctl reload prometheus\nkube-0: reloaded Prometheus\n" +
          "systemctl enable --quiet --now prometheus\nkube-0: scrapes and sends\n",
      ].join("\0"),
    ]);
  });

  test("keeps the old configuration where promtool refuses the new one", () => {
    const stubs = `
ensure_file() { echo "wrote $1"; }
promtool() { echo 'line 1: bad'; return 1; }`;
    const script = renderMasterSetup(args, "the-credential").replaceAll("/etc/prometheus", folder);
    const { status, stdout, stderr } = runNodeFunction(script, "ensure_configuration", stubs);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      "line 1: bad\nkube-0: promtool refuses the new configuration; Prometheus keeps the one it has\n",
    );
  });
});

test("any values that the settings accept are in prometheus.yml", () => {
  const hosts = fc.uniqueArray(host, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(hosts, monitor, domain, fc.boolean(), (names, label, name, ownCertificate) => {
      const [master] = names;
      const view = {
        node: { ...args.node, host: master ?? "" },
        nodes: names.map((each) => ({ ...args.node, host: each })),
        settings: { scrapeInterval: "15s", monitor: label },
        remoteWriteUrl: `https://telegraf.${name}/telegraf`,
      };
      const relabel = [
        { source_labels: ["instance"], regex: "([^:]+):.+", replacement: "$1", target_label: "node_name" },
      ];
      expect(parse(renderPrometheusConfig(view, ownCertificate))).toEqual({
        global: { scrape_interval: "15s", evaluation_interval: "15s", external_labels: { monitor: label } },
        scrape_configs: [
          {
            job_name: "prometheus",
            static_configs: [{ targets: [`${master ?? ""}:9090`] }],
            metric_relabel_configs: relabel,
          },
          {
            job_name: "node",
            static_configs: [{ targets: names.map((each) => `${each}:9100`) }],
            metric_relabel_configs: relabel,
          },
        ],
        remote_write: [
          {
            url: `https://telegraf.${name}/telegraf`,
            authorization: {
              type: "Bearer",
              credentials_file: "/etc/prometheus/pi-monitoring/ingest-credential",
            },
            ...(ownCertificate
              ? { tls_config: { ca_file: "/etc/prometheus/pi-monitoring/server-certificate.pem" } }
              : {}),
            metadata_config: { send: false },
            queue_config: { retry_on_http_429: true },
          },
        ],
      });
    }),
    { numRuns: 300 },
  );
});
