import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { parse } from "yaml";
import {
  PrometheusMaster,
  type PrometheusMasterArgs,
  renderMasterSetup,
  renderPrometheusConfig,
} from "../../../../components/node/prometheusMaster";
import type { NodeSettings } from "../../../../components/settings/settings";
import { domain, host, monitor } from "../../../support/arbitraries";
import { exampleNode, exampleSettings, smallest } from "../../../support/exampleSettings";
import { recordResources } from "../../../support/recordResources";
import { runNodeFunction } from "../../../support/runNodeFunction";
import type { ScriptResult } from "../../../support/runScript";
import { temporaryFolder } from "../../../support/temporaryFolder";

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
  test.each([undefined, certificate])("is one secret script (issuers: %j)", async (serverIssuers) => {
    const [component, script, ...others] = await recordResources(
      () =>
        new PrometheusMaster("master", {
          ...args,
          ingestCredential: pulumi.secret("the-credential"),
          serverIssuers,
        }),
    );
    expect(component).toMatchObject({ type: "pi-monitoring:index:PrometheusMaster", inputs: {} });
    expect(script).toMatchObject({
      type: "command:remote:Command",
      name: "kube-0-prometheus-script",
      parent: "pi-monitoring:index:PrometheusMaster master",
      inputs: { stdin: { secret: renderMasterSetup(args, "the-credential", serverIssuers) } },
    });
    expect(others).toEqual([]);
  });

  test("has a secret script even if its credential is none", async () => {
    const [, script] = await recordResources(() => new PrometheusMaster("master", args));
    expect(script?.inputs["stdin"]).toHaveProperty("secret");
  });
});

describe("the set-up script", () => {
  const folder = temporaryFolder();

  /** Runs a function of the script, with its folders in that of the test. */
  function run(
    name: string,
    stubs: string,
    change: object = {},
    issuers?: string,
    edit = (script: string): string => script,
  ): ScriptResult {
    const view = { ...args, settings: { ...prometheus, ...change } };
    const script = renderMasterSetup(view, "it's a credential", issuers)
      .replaceAll("/etc/pi-monitoring", folder)
      .replaceAll("/var/lib/pi-monitoring", folder)
      .replaceAll("=/run/", `=${folder}/`);
    return runNodeFunction(edit(script), name, stubs);
  }

  const calls = `
refuse_obstacles() { echo "refuse obstacles"; }
ensure_authorities() { echo "authorities"; }
ensure_packages() { echo "packages $*"; }
install() { echo "install $*"; }
ensure_file() { printf 'file %s %s %s\\n' "$1" "$2" "$3"; [ "$changes" = false ] || [ -z "\${5:-}" ] || : >"$5"; }
ensure_enabled() { echo "enable $*"; }
systemctl() { echo "systemctl $*"; }
promtool() { :; }
await_backlog() { echo "await backlog"; }
await_answer() { echo "await answer of $1"; }
last_load() { date +%N; }
changes=false`;
  const asWanted = "has_content() { :; }\nruns_with() { :; }\nhas_queue() { :; }";
  const unit = "pi-monitoring-prometheus.service";

  test.each([undefined, certificate])("writes all (issuers: %j), and waits before", (given) => {
    const { status, stdout } = run("apply", `${calls}\n${asWanted}`, {}, given);
    expect([status, stdout.split("\n")]).toEqual([
      0,
      [
        "refuse obstacles",
        "packages master curl prometheus",
        `install -d -m 0755 -o root -g root ${folder}`,
        `file ${folder}/ingest-credential 0640 root:prometheus`,
        "authorities",
        "await backlog",
        `install -d -m 0750 -o prometheus -g prometheus ${folder}/prometheus`,
        `kube-0: keeps its history in ${folder}/prometheus, 2 GB at most`,
        `file /etc/systemd/system/${unit} 0644 root:root`,
        `file ${folder}/prometheus.yml 0644 root:root`,
        `enable ${unit}`,
        `await answer of ${unit}`,
        "kube-0: scrapes and sends",
        "",
      ],
    ]);
  });

  describe("what the server's certificate is checked by", () => {
    const authorities = (collect: string, changes: boolean, issuers?: string): ScriptResult =>
      run(
        "ensure_authorities",
        `${calls.replace(/^ensure_authorities.*/m, "")}
changes=${String(changes)}
mkdir() { :; }
ensure_access() { echo "access $*"; }
collect() { ${collect}; }`,
        {},
        issuers,
        (script) =>
          script.replace(
            "written=$('/usr/local/lib/pi-monitoring/collect_authorities')",
            "written=$(collect)",
          ),
      );
    const files = [
      `file ${folder}/server-issuers.pem 0644 root:root`,
      "file /usr/local/lib/pi-monitoring/collect_authorities 0755 root:root",
      "file /etc/systemd/system/pi-monitoring-authorities.path 0644 root:root",
      "file /etc/systemd/system/pi-monitoring-authorities.service 0644 root:root",
    ];
    const path = "pi-monitoring-authorities.path";

    test("is joined, and followed", () => {
      const { status, stdout } = authorities("echo wrote it", true);
      expect([status, stdout.trimEnd().split("\n")]).toEqual([
        0,
        [
          ...files,
          "kube-0: wrote it",
          `access ${folder}/server-certificate.pem 0644 root:root`,
          "systemctl daemon-reload",
          `systemctl restart ${path}`,
          `enable ${path}`,
          `systemctl is-active --quiet ${path}`,
        ],
      ]);
    });

    test("is not restarted where nothing has changed", () => {
      const { status, stdout } = authorities(":", false);
      expect([status, stdout.match(/^systemctl .*/gm)]).toEqual([0, [`systemctl is-active --quiet ${path}`]]);
    });

    test("that cannot be joined ends the set-up before Prometheus is touched", () => {
      const { status, stderr } = authorities("return 1", true);
      expect([status, stderr]).toEqual([
        1,
        "kube-0: the file of certificate authorities for remote write cannot be written\n",
      ]);
    });

    test.each([
      [undefined, ""],
      ["", ""],
      ["PEM", "PEM\n"],
      ["PEM\n\n", "PEM\n"],
    ])("has the server's issuers (%j) with an end of line, as others follow", (issuers, expected) => {
      expect(renderMasterSetup(args, "the-credential", issuers)).toContain(
        `ensure_file '/etc/pi-monitoring/server-issuers.pem' '0644' 'root:root' '${expected}' "$authorities_changed"\n`,
      );
    });
  });

  test("listens where the settings say, and is asked there", () => {
    const node = exampleSettings({ prometheus: { port: 9091, listenAddress: "127.0.0.1" } }).nodes[0];
    const script = renderMasterSetup({ ...args, node: node as NodeSettings }, "the-credential");
    expect(script).toContain("--web.listen-address=127.0.0.1:9091 ");
    expect(script).toContain("url='http://127.0.0.1:9091'\n");
  });

  test("refuses a disk that has no room for a second history, and looks no more once it has one", () => {
    const stubs = `
df() { printf 'Filesystem 1M-blocks Used Available Capacity Mounted\\n/dev/root 29000 27000 2000 94%% /\\n'; }
missing_of() { :; }
port_owners() { :; }`;
    const { status, stderr } = run("apply", stubs);
    expect([status, stderr]).toEqual([
      1,
      `kube-0: our Prometheus may take up to 3000 MB in ${folder}/prometheus, and 2000 MB are free: make room, or let another node be the master\n`,
    ]);
    mkdirSync(join(folder, "prometheus"));
    expect(run("inspect", stubs)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    rmSync(join(folder, "prometheus"), { recursive: true });
  });

  test.each([
    ["reloads another configuration", ': >"$configuration_changed"', "reload"],
    ["reloads for another queue", "has_queue() { false; }", "reload"],
    ["restarts for another unit", ': >"$unit_changed"', "restart"],
    ["restarts for other arguments", "runs_with() { false; }", "restart"],
  ])("%s, once", (_, stubs, verb) => {
    const { stdout } = run("ensure_running", `${calls}\n${asWanted}\n${stubs}`);
    expect(stdout.match(/^systemctl .*/gm)).toEqual([`systemctl ${verb} ${unit}`]);
    expect(stdout).toMatch(new RegExp(`await answer of ${unit}\n$`));
    expect(run("ensure_running", `${calls}\n${asWanted}`).stdout).not.toContain("systemctl");
  });

  test("makes up for the restart or reload that a failed run has left out", () => {
    const stubs = `${calls}\n${asWanted}`;
    expect(run("apply", `${stubs}\nchanges=true\nensure_running() { false; }`).status).toBe(1);
    const { status, stdout } = run("apply", stubs);
    expect([status, stdout.match(/^systemctl .*/gm)]).toEqual([
      0,
      ["systemctl daemon-reload", `systemctl restart ${unit}`],
    ]);
  });

  test("keeps the old configuration where promtool refuses the new one", () => {
    const stubs = `${calls}\nchanges=true\npromtool() { echo 'line 1: bad'; return 1; }`;
    const { status, stdout, stderr } = run("apply", stubs);
    expect(status).toBe(1);
    expect(stdout).not.toContain("prometheus.yml");
    expect(stderr).toBe(
      "line 1: bad\nkube-0: promtool refuses the new configuration; Prometheus keeps its old one\n",
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

    test("measures the backlog also in a locale with decimal commas", () => {
      const stubs = `
metrics() {
  echo 'prometheus_remote_storage_highest_timestamp_in_seconds 1.7329e+09'
  echo 'prometheus_remote_storage_queue_highest_sent_timestamp_seconds{} 1.7328e+09'
}
awk() { [ "$LC_ALL" = C ] && command awk "$@"; }`;
      expect(run("seconds_behind", stubs)).toMatchObject({ status: 0, stdout: "100000" });
    });

    const waited = (stdout: string): number => stdout.match(/^waited$/gm)?.length ?? 0;

    test.each([
      ["another queue", `${asWanted}\nhas_queue() { false; }`],
      ["other arguments", `${asWanted}\nruns_with() { false; }`],
      ["another unit", `${asWanted}\nhas_content() { false; }`],
      ["a restart that a failed run has left out", `${asWanted}\nunit_changed=$scratch`],
    ])("waits for the backlog where it needs %s", (_, stubs) => {
      const { status, stdout } = run("await_backlog", `${backlog}\n${stubs}`);
      expect([status, waited(stdout)]).toEqual([0, 10]);
    });

    test("does not wait where queue, unit and arguments stay", () => {
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

    test("gives the backlog up only on request", () => {
      const stubs = `${anotherQueue}\nshrinks=0`;
      expect(run("await_backlog", stubs, { forgetBacklog: true })).toMatchObject({ status: 0, stdout: "" });
      const { status, stdout, stderr } = run("await_backlog", stubs);
      expect([status, waited(stdout)]).toEqual([1, 300]);
      expect(stderr).toContain("drop the samples of 100 seconds");
      expect(stderr).toContain("pi-monitoring:prometheus.forgetBacklog");
    });

    test("does not guess what Prometheus does not report", () => {
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

describe("from release 0.1.0", () => {
  const root = temporaryFolder();

  /** Its history is below the folder, and Debian's daemon sends. */
  function release(broughtByUs: boolean): ScriptResult {
    const originals = join(root, "state/originals/etc");
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(originals, "default"), { recursive: true });
    mkdirSync(join(originals, "prometheus"), { recursive: true });
    mkdirSync(join(root, "state/packages"));
    mkdirSync(join(root, "metrics2"));
    writeFileSync(join(originals, "default/prometheus"), 'ARGS="--theirs"\n');
    writeFileSync(join(originals, "prometheus/prometheus.yml"), "theirs\n");
    if (broughtByUs) {
      writeFileSync(join(root, "state/packages/prometheus"), "");
    }
    const script = renderMasterSetup(args, "the-credential")
      .replaceAll("/var/lib/pi-monitoring", join(root, "state"))
      .replaceAll("/var/lib/prometheus/metrics2", join(root, "metrics2"));
    return runNodeFunction(
      script,
      "take_over_from_0_1_0",
      `
ensure_file() { echo "file $1"; }
ensure_files() { echo "unit and configuration"; }
ensure_enabled() { echo "enable $1"; }
await_backlog() { echo "await backlog of $our_unit at $url"; }
systemctl() { echo "systemctl $*"; }
restore_original() { echo "restore $1"; }
rmdir() { :; }`,
    );
  }

  const backlog = [
    "file /etc/prometheus/pi-monitoring/ingest-credential",
    "file /etc/prometheus/pi-monitoring/server-certificate.pem",
    "await backlog of prometheus.service at http://localhost:9090",
    "unit and configuration",
    "enable pi-monitoring-prometheus.service",
  ];
  const trust = ["ingest-credential", "server-certificate.pem"].map(
    (name) => `restore /etc/prometheus/pi-monitoring/${name}`,
  );

  test("a package of ours is stopped for good and as late as possible, and its history moves", () => {
    const { status, stdout } = release(true);
    expect([status, stdout.trimEnd().split("\n")]).toEqual([
      0,
      [
        ...backlog,
        "systemctl disable --quiet prometheus.service",
        "systemctl mask --quiet prometheus.service",
        "systemctl stop prometheus.service",
        "restore /etc/default/prometheus",
        `kube-0: moved the history of this program's earlier release to ${root}/state/prometheus`,
        "restore /etc/prometheus/prometheus.yml",
        ...trust,
      ],
    ]);
    expect(existsSync(join(root, "state/prometheus"))).toBe(true);
  });

  test("a package that was there before gets its own back, and keeps its history", () => {
    const { status, stdout } = release(false);
    expect([status, stdout.trimEnd().split("\n")]).toEqual([
      0,
      [
        ...backlog,
        "restore /etc/prometheus/prometheus.yml",
        "restore /etc/default/prometheus",
        "systemctl restart prometheus.service",
        ...trust,
      ],
    ]);
    expect(existsSync(join(root, "metrics2"))).toBe(true);
  });
});

test("remote write's queue has another name exactly when Prometheus takes it for another", () => {
  const example = exampleSettings({ nodes: [...smallest.nodes, exampleNode("kube-3")] });
  const configurations = [
    renderPrometheusConfig(args),
    renderPrometheusConfig({ ...args, nodes: example.nodes }),
    renderPrometheusConfig({ ...args, settings: { ...prometheus, forgetBacklog: true } }),
    renderPrometheusConfig({ ...args, settings: { ...prometheus, monitor: "other" } }),
    renderPrometheusConfig({ ...args, settings: { ...prometheus, scrapeInterval: "5s" } }),
    renderPrometheusConfig({ ...args, remoteWriteUrl: "https://telegraf.example.net/telegraf" }),
    renderPrometheusConfig({ ...args, node: { ...args.node, name: "kube-9" } }),
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
  expect(new Set(configurations.map(({ remote_write }) => remote_write[0].name)).size).toBe(4);
});

test("a master's daemon on loopback is asked there, under its name and its instance", () => {
  const { nodes: listening } = exampleSettings({
    nodes: [
      exampleNode("kube-0", {
        master: true,
        nodeExporter: { port: 9101, listenAddress: "127.0.0.1" },
        prometheus: { listenAddress: "127.0.0.2" },
      }),
    ],
  });
  const view = { ...args, node: listening[0] as NodeSettings, nodes: listening };
  const { scrape_configs } = parse(renderPrometheusConfig(view)) as {
    scrape_configs: { static_configs: object[]; relabel_configs: object[] }[];
  };
  const at = (port: number, address: string): object[] => [
    { source_labels: ["__address__"], regex: `(kube-0[.]local:${port})`, target_label: "instance" },
    {
      source_labels: ["__address__"],
      regex: `(kube-0[.]local:${port})`,
      replacement: address,
      target_label: "__address__",
    },
  ];
  expect(scrape_configs.map(({ static_configs }) => static_configs)).toEqual([
    [{ targets: ["kube-0.local:9090"] }],
    [{ targets: ["kube-0.local:9101"] }],
  ]);
  for (const { relabel_configs } of scrape_configs) {
    expect(relabel_configs.slice(1)).toEqual([...at(9090, "127.0.0.2:9090"), ...at(9101, "127.0.0.1:9101")]);
  }
});

test("any values that the settings accept are in prometheus.yml", () => {
  const hosts = fc.uniqueArray(host, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(hosts, monitor, domain, (names, label, name) => {
      const [master] = names;
      const view = {
        node: { ...args.node, host: master ?? "" },
        nodes: names.map((each) => ({ ...args.node, host: each })),
        settings: { scrapeInterval: "1m", monitor: label, forgetBacklog: false },
        remoteWriteUrl: `https://telegraf.${name}/telegraf`,
      };
      const relabel = [
        {
          source_labels: ["__address__"],
          regex: "\\[?(.+?)\\]?:\\d+",
          replacement: "$1",
          target_label: "node_name",
        },
      ];
      expect(parse(renderPrometheusConfig(view))).toEqual({
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
              credentials_file: "/etc/pi-monitoring/ingest-credential",
            },
            tls_config: { ca_file: "/etc/pi-monitoring/server-certificate.pem" },
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
