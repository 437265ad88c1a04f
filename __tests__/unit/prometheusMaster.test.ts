import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
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
import { exampleNode, exampleSettings, smallest } from "../support/exampleSettings";
import { recordResources } from "../support/recordResources";
import { runNodeFunction } from "../support/runNodeFunction";
import type { ScriptResult } from "../support/runScript";

const { nodes, prometheus } = exampleSettings();
const args = {
  node: nodes[0],
  nodes,
  settings: prometheus,
  remoteWriteUrl: "https://telegraf.example.com/telegraf",
  ingestCredential: "the-credential",
} as PrometheusMasterArgs;
interface PrometheusConfig {
  readonly global: { readonly external_labels: object };
  readonly remote_write: readonly [{ readonly name: string }];
}

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
  const original = join(folder, "originals", folder, "prometheus.yml");

  beforeEach(() => {
    mkdirSync(dirname(original), { recursive: true });
    writeFileSync(original, "");
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs a function of the script, with its folders in that of the test. */
  function run(name: string, stubs: string, change: object = {}, ownCertificate?: string): ScriptResult {
    const view = { ...args, settings: { ...prometheus, ...change } };
    const script = renderMasterSetup(view, "it's a credential", ownCertificate)
      .replaceAll("/etc/prometheus", folder)
      .replaceAll("/var/lib/pi-monitoring", folder);
    return runNodeFunction(script, name, stubs);
  }

  const calls = `
ensure_packages() { echo "packages $*"; }
install() { echo "install $*"; }
ensure_file() { printf 'file %s %s %s\\n%s' "$@"; changed=$changes; }
ensure_arguments() { echo "arguments $*"; }
ensure_started() { echo "start $*"; }
systemctl() { echo "systemctl $*"; }
promtool() { :; }
await_backlog() { echo "await backlog"; }`;
  const asWanted = "runs_with() { :; }\nhas_queue() { :; }";
  const wantedArguments =
    "--storage.tsdb.min-block-duration=8h --storage.tsdb.retention.time=7d " +
    "--storage.tsdb.retention.size=2GB --storage.remote.flush-deadline=10s";

  test.each([undefined, certificate])("writes all (certificate: %j), and waits before", (given) => {
    const { status, stdout } = run("apply", `${calls}\n${asWanted}\nchanges=false`, {}, given);
    const configuration = renderPrometheusConfig(args, given !== undefined);
    expect([status, stdout]).toEqual([
      0,
      "packages curl prometheus\n" +
        `install -d -m 0750 -o root -g prometheus ${folder}/pi-monitoring\n` +
        `file ${folder}/pi-monitoring/ingest-credential 0640 root:prometheus\nit's a credential` +
        `file ${folder}/pi-monitoring/server-certificate.pem 0644 root:root\n${given ?? ""}` +
        "await backlog\n" +
        `arguments /etc/default/prometheus ${wantedArguments}\n` +
        `file ${folder}/prometheus.yml 0644 root:root\n${configuration.replaceAll("/etc/prometheus", folder)}` +
        "start prometheus\nkube-0: scrapes and sends\n",
    ]);
  });

  test.each([
    ["reloads what it has changed", `${asWanted}\nchanges=true`, "reload"],
    [
      "reloads what was changed, but not loaded",
      `${asWanted}\nchanges=false\nhas_queue() { false; }`,
      "reload",
    ],
    ["restarts for other arguments", "runs_with() { false; }\nchanges=false", "restart"],
  ])("%s", (_, stubs, verb) => {
    const { stdout } = run("ensure_running", `${calls}\n${stubs}`);
    expect(stdout.match(/^(systemctl|start) .*/gm)).toEqual([
      `systemctl ${verb} prometheus`,
      "start prometheus",
    ]);
  });

  test("keeps the old configuration where promtool refuses the new one", () => {
    const stubs = `${calls}\nchanges=true\npromtool() { echo 'line 1: bad'; return 1; }`;
    const { status, stdout, stderr } = run("apply", stubs);
    expect(status).toBe(1);
    expect(stdout).not.toContain("prometheus.yml");
    expect(stderr).toBe(
      "line 1: bad\nkube-0: promtool refuses the new configuration; Prometheus keeps the one it has\n",
    );
  });

  describe("before it changes anything", () => {
    // Time passes by the stubs alone. The backlog of 100 seconds shrinks by 10 in each.
    const backlog = `
systemctl() { :; }
now=1000
date() { echo "$now"; }
sleep() { now=$((now + $1)); echo waited; }
metrics() { echo 'prometheus_remote_storage_shards{} 1'; }
seconds_behind() { echo $((100 - shrinks * (now - 1000))); }
has_pending_samples() { false; }
shrinks=10`;
    const waited = (stdout: string): number => stdout.match(/^waited$/gm)?.length ?? 0;

    test.each([
      ["another queue", `${asWanted}\nhas_queue() { false; }`],
      ["other arguments", `${asWanted}\nruns_with() { false; }`],
    ])("waits for the backlog where it needs %s", (_, stubs) => {
      const { status, stdout } = run("await_backlog", `${backlog}\n${stubs}`);
      expect([status, waited(stdout)]).toEqual([0, 10]);
    });

    test("does not wait where queue and arguments stay", () => {
      const { status, stdout } = run("await_backlog", `${backlog}\n${asWanted}`);
      expect([status, stdout]).toEqual([0, ""]);
    });

    const anotherQueue = `${backlog}\n${asWanted}\nhas_queue() { false; }`;

    test.each([
      ["until nothing is pending", '[ "$now" -lt 1015 ]', 15],
      ["not for ever, where something always is", ":", 30],
    ])("waits a little longer %s", (_, pending, seconds) => {
      const stubs = `${anotherQueue}\nhas_pending_samples() { ${pending}; }`;
      const { status, stdout } = run("await_backlog", stubs);
      expect([status, waited(stdout)]).toEqual([0, seconds]);
    });

    test("does not wait where Prometheus does not run", () => {
      const { status, stdout } = run("await_backlog", `${anotherQueue}\nsystemctl() { return 3; }`);
      expect([status, stdout]).toEqual([0, ""]);
    });

    test("does not wait for what was there before us", () => {
      rmSync(original);
      const { status, stdout } = run("await_backlog", anotherQueue);
      expect([status, stdout]).toEqual([0, ""]);
    });

    test("gives the backlog up only if told so", () => {
      const stubs = `${anotherQueue}\nshrinks=0`;
      expect(run("await_backlog", stubs, { forgetBacklog: true })).toMatchObject({ status: 0, stdout: "" });
      const { status, stdout, stderr } = run("await_backlog", stubs);
      expect([status, waited(stdout)]).toEqual([1, 300]);
      expect(stderr).toContain("forget the samples of 100 seconds");
      expect(stderr).toContain("pi-monitoring:prometheus.forgetBacklog");
    });

    test("does not guess where Prometheus does not tell", () => {
      const { status, stderr } = run(
        "await_backlog",
        `${anotherQueue}\nmetrics() { return 7; }\nseconds_behind() { return 7; }`,
      );
      expect(status).toBe(1);
      expect(stderr).toContain("does not answer");
    });
  });

  describe("reads from Prometheus's own metrics", () => {
    const queue = 'remote_name="$queue",url="https://telegraf.example.com/telegraf"';
    const metrics = (sent: string, name = queue, pending = 0): string => `
metrics() {
  cat <<METRICS
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.79545100052e+09
# TYPE prometheus_remote_storage_highest_timestamp_in_seconds gauge
prometheus_remote_storage_highest_timestamp_in_seconds 1.795451287e+09
prometheus_remote_storage_queue_highest_sent_timestamp_seconds{${name}} ${sent}
prometheus_remote_storage_samples_pending{${name}} ${pending}
prometheus_remote_storage_shards{${name}} 1
METRICS
}`;

    test.each([
      ["what was sent last", "1.795451277e+09", "10"],
      ["its start, where it has sent nothing", "0", "286"],
    ])("the seconds since %s", (_, sent, seconds) => {
      expect(run("seconds_behind", metrics(sent)).stdout).toBe(seconds);
    });

    test.each([
      ["has", queue, 0],
      ["lacks", queue.replace("$queue", "pi-monitoring-00000000"), 1],
    ])("that it %s the queue", (_, name, status) => {
      expect(run("has_queue", metrics("0", name)).status).toBe(status);
    });

    test.each([
      [0, 1],
      [100, 0],
    ])("whether any of %i samples is pending", (pending, status) => {
      expect(run("has_pending_samples", metrics("0", queue, pending)).status).toBe(status);
    });

    test("that it does not answer", () => {
      expect(run("seconds_behind", "metrics() { return 7; }").status).toBe(7);
      expect(run("has_queue", "metrics() { return 7; }").status).toBe(1);
    });
  });
});

test("remote write's queue has another name exactly when Prometheus takes it for another", () => {
  const example = exampleSettings({ nodes: [...smallest.nodes, exampleNode("kube-3")] });
  const configurations = [
    renderPrometheusConfig(args, false),
    renderPrometheusConfig({ ...args, nodes: example.nodes }, false),
    renderPrometheusConfig({ ...args, settings: { ...prometheus, forgetBacklog: true } }, false),
    renderPrometheusConfig({ ...args, settings: { ...prometheus, monitor: "other" } }, false),
    renderPrometheusConfig({ ...args, settings: { ...prometheus, scrapeInterval: "5s" } }, false),
    renderPrometheusConfig({ ...args, remoteWriteUrl: "https://telegraf.example.net/telegraf" }, false),
    renderPrometheusConfig(args, true),
  ].map((configuration) => parse(configuration) as PrometheusConfig);
  for (const one of configurations) {
    for (const other of configurations) {
      const [{ name, ...remoteWrite }, { name: otherName, ...otherRemoteWrite }] = [
        one.remote_write[0],
        other.remote_write[0],
      ];
      const same = isDeepStrictEqual(
        [one.global.external_labels, remoteWrite],
        [other.global.external_labels, otherRemoteWrite],
      );
      expect(name === otherName).toBe(same);
    }
  }
  expect(new Set(configurations.map(({ remote_write }) => remote_write[0].name)).size).toBe(5);
});

test("any values that the settings accept are in prometheus.yml", () => {
  const hosts = fc.uniqueArray(host, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(hosts, monitor, domain, fc.boolean(), (names, label, name, ownCertificate) => {
      const [master] = names;
      const view = {
        node: { ...args.node, host: master ?? "" },
        nodes: names.map((each) => ({ ...args.node, host: each })),
        settings: { scrapeInterval: "1m", monitor: label, forgetBacklog: false },
        remoteWriteUrl: `https://telegraf.${name}/telegraf`,
      };
      const relabel = [
        { source_labels: ["__address__"], regex: "([^:]+):.+", replacement: "$1", target_label: "node_name" },
      ];
      expect(parse(renderPrometheusConfig(view, ownCertificate))).toEqual({
        global: { scrape_interval: "1m", evaluation_interval: "1m", external_labels: { monitor: label } },
        scrape_configs: [
          {
            job_name: "prometheus",
            static_configs: [{ targets: [`${master ?? ""}:9090`] }],
            relabel_configs: relabel,
          },
          {
            job_name: "node",
            static_configs: [{ targets: names.map((each) => `${each}:9100`) }],
            relabel_configs: relabel,
            metric_relabel_configs: [
              {
                source_labels: ["__name__", "sensor"],
                regex: "rpi_temperature;cooling_device.*",
                action: "drop",
              },
              {
                source_labels: ["__name__", "fstype", "mountpoint"],
                regex: "node_filesystem_.+;overlay;/.+",
                action: "drop",
              },
            ],
          },
        ],
        remote_write: [
          {
            name: expect.stringMatching(/^pi-monitoring-[0-9a-f]{8}$/) as string,
            url: `https://telegraf.${name}/telegraf`,
            authorization: {
              type: "Bearer",
              credentials_file: "/etc/prometheus/pi-monitoring/ingest-credential",
            },
            ...(ownCertificate
              ? { tls_config: { ca_file: "/etc/prometheus/pi-monitoring/server-certificate.pem" } }
              : {}),
            metadata_config: { send: false },
            queue_config: {
              min_shards: 2,
              max_shards: 2,
              capacity: 10_000,
              max_samples_per_send: 2000,
              retry_on_http_429: true,
            },
          },
        ],
      });
    }),
    { numRuns: 300 },
  );
});
