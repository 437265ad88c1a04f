import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import {
  Exporters,
  exporterJobs,
  managedExporters,
  renderExporters,
  renderExporterUnit,
} from "../../../../components/node/exporters";
import { debianExporters } from "../../../../components/settings/exporters";
import type { NodeSettings } from "../../../../components/settings/settings";
import { exampleSettings } from "../../../support/exampleSettings";
import { recordResources } from "../../../support/recordResources";
import { runNodeFunction } from "../../../support/runNodeFunction";
import type { ScriptResult } from "../../../support/runScript";
import { temporaryFolder } from "../../../support/temporaryFolder";

const temporary = temporaryFolder();

/** A node with these exporters. */
function nodeWith(exporters: object, more: object = {}): NodeSettings {
  return exampleSettings({ exporters, ...more }).nodes[0] as NodeSettings;
}

test("the exporters of a node are one script", async () => {
  const node = nodeWith({ blackbox: {} });
  const resources = await recordResources(() => new Exporters(node, {}));
  expect(resources).toHaveLength(1);
  expect(resources[0]).toMatchObject({
    type: "command:remote:Command",
    name: "kube-0-exporters-script",
    inputs: { stdin: renderExporters(node) },
  });
});

describe("the command of an exporter", () => {
  function commandOf(exporters: object, more: object = {}): string {
    const node = nodeWith(exporters, more);
    const [exporter] = node.exporters;
    const unit = exporter === undefined ? "" : renderExporterUnit(node, exporter);
    return /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "";
  }

  const loopback = {
    nodeExporter: { listenAddress: "127.0.0.1" },
    nodes: exampleSettings().nodes.slice(0, 1),
  };
  const withoutExporters = {
    ...loopback,
    nodes: [{ ...loopback.nodes[0], nodeExporter: {}, prometheus: {}, exporters: {} }],
  };

  test.each([
    [{ bind: {} }, {}, "bind", "--web.listen-address=:9119"],
    [{ redis: { port: 9200 } }, withoutExporters, "redis", "--web.listen-address=127.0.0.1:9200"],
    [{ mqtt: {} }, {}, "mqtt", "--listen-address= --listen-port=9641"],
    [{ mqtt: {} }, withoutExporters, "mqtt", "--listen-address=127.0.0.1 --listen-port=9641"],
    [{ "tplink-plug": {} }, withoutExporters, "tplink-plug", "--metrics.listen-addr=127.0.0.1:9233"],
    [
      { blackbox: {} },
      {},
      "blackbox",
      "--web.listen-address=:9115 --config.file=/etc/prometheus/blackbox.yml",
    ],
    [
      { blackbox: { arguments: ["--config.file=/etc/my.yml", "--log.level=debug"] } },
      {},
      "blackbox",
      "--web.listen-address=:9115 --config.file=/etc/my.yml --log.level=debug",
    ],
  ])("%j", (exporters, more, name, words) => {
    expect(commandOf(exporters, more)).toBe(`/usr/bin/prometheus-${name}-exporter ${words}`);
  });

  test("of the preset internet names a configuration of this program's, beside a blackbox of the user's", () => {
    const node = nodeWith({ blackbox: {} }, { presets: { internet: true } });
    const commands = node.exporters.map(
      (each) => /^ExecStart=(.*)$/m.exec(renderExporterUnit(node, each))?.[1],
    );
    expect(commands).toEqual([
      "/usr/bin/prometheus-blackbox-exporter --web.listen-address=127.0.0.1:19115 --config.file=/etc/pi-monitoring/internet.yml",
      "/usr/bin/prometheus-blackbox-exporter --web.listen-address=:9115 --config.file=/etc/prometheus/blackbox.yml",
    ]);
    const { files, packages } = managedExporters(node);
    expect(packages).toEqual(["prometheus-blackbox-exporter"]);
    expect(files.map(({ path }) => path)).toEqual([
      "/etc/systemd/system/pi-monitoring-internet-exporter.service",
      "/etc/pi-monitoring/internet.yml",
      "/etc/systemd/system/pi-monitoring-blackbox-exporter.service",
    ]);
  });

  test.each([
    ["--web.listen-address", "older --help", "--telemetry.address=:9117 --insecure"],
    ["--telemetry.address", "newer --help", "--web.listen-address=:9117 --insecure"],
  ])("apache's has the flag that its version knows, not %s", (other, _, expected) => {
    const known = other === "--web.listen-address" ? "--telemetry.address" : "--web.listen-address";
    const program = join(temporary, "exporter");
    writeFileSync(
      program,
      `#!/bin/sh\n[ "$1" != --help ] || { echo "  ${known}=:9117" >&2; exit 0; }\necho "$@"\n`,
    );
    chmodSync(program, 0o755);
    const [, quoted = "", words = ""] =
      /^\/bin\/sh -c "(.*)" \/usr\/bin\/prometheus-apache-exporter (.*)$/.exec(
        commandOf({ apache: { arguments: ["--insecure"] } }),
      ) ?? [];
    // As systemd reads the line.
    const script = quoted.replace(/\\(.)/g, "$1").replaceAll("$$", "$");
    expect(script).not.toBe("");
    const run = spawnSync("sh", ["-c", script, program, ...words.split(" ")], { encoding: "utf8" });
    expect(run.stdout.trim()).toBe(expected);
    // What the doctor looks for in the command line.
    const [daemon] = managedExporters(nodeWith({ apache: { arguments: ["--insecure"] } })).daemons;
    expect(run.stdout).toContain(daemon?.arguments.join(" "));
  });
});

test("only a probe by ping gets a capability", () => {
  const node = nodeWith(Object.fromEntries(Object.keys(debianExporters).map((name) => [name, {}])));
  const capable = node.exporters.filter((each) => /CAP_/.test(renderExporterUnit(node, each)));
  expect(capable.map(({ name }) => name)).toEqual(["blackbox"]);
});

describe("the jobs of exporters", () => {
  const { nodes } = exampleSettings({
    exporters: { snmp: {} },
    nodes: exampleSettings().nodes.map((node) => ({
      ...node,
      nodeExporter: node.master ? { listenAddress: "127.0.0.1" } : {},
      prometheus: {},
      exporters: node.name === "kube-2" ? {} : { bind: { port: 9200 } },
    })),
  });

  test("have the nodes that run them as targets, by the names of the nodes", () => {
    const target = (host: string, port: number, address = host) => ({
      targets: [`${address}:${port}`],
      labels: { node_name: host, instance: `${host}:${port}` },
    });
    expect(exporterJobs(nodes)).toEqual([
      {
        job_name: "bind",
        static_configs: [target("kube-0.local", 9200, "127.0.0.1"), target("kube-1.local", 9200)],
      },
      {
        job_name: "snmp",
        static_configs: [
          target("kube-0.local", 9116, "127.0.0.1"),
          target("kube-1.local", 9116),
          target("kube-2.local", 9116),
        ],
      },
    ]);
  });

  test("are none where no node has one, or only that of the preset internet, whose targets are other machines", () => {
    expect(exporterJobs(exampleSettings().nodes)).toEqual([]);
    expect(exporterJobs(exampleSettings({ presets: { internet: true } }).nodes)).toEqual([]);
  });
});

describe("what is in the way", () => {
  const node = nodeWith({ blackbox: {}, snmp: {} });
  const taken = (unit: string): string => `
port_owners() { [ "$1" != 9115 ] || echo $$; }
unit_of() { echo '${unit}'; }
missing_of() { :; }`;

  test("a port that another process has is refused, with the setting for another", () => {
    const sentence =
      "port 9115 is taken by sh (prometheus-blackbox-exporter.service), which stays as it is: give our exporter blackbox " +
      "another port, with nodes[].exporters.blackbox.port for this node or pi-monitoring:exporters.blackbox.port for all, " +
      "or leave it out here, with nodes[].exporters.blackbox: false";
    const stubs = taken("prometheus-blackbox-exporter.service");
    expect(runNodeFunction(renderExporters(node), "inspect", stubs)).toMatchObject({
      status: 0,
      stdout: `refusal=${sentence}\n`,
    });
    expect(runNodeFunction(renderExporters(node), "apply", stubs)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `kube-0: ${sentence}\n`,
    });
  });

  test.each([
    ["pi-monitoring-blackbox-exporter.service", false],
    ["pi-monitoring-snmp-exporter.service", false],
    ["pi-monitoring-node-exporter.service", true],
    ["docker.service", true],
    ["", true],
  ])("a port of the unit %j is refused: %s", (unit, refused) => {
    const { status, stdout } = runNodeFunction(renderExporters(node), "inspect", taken(unit));
    expect([status, stdout !== ""]).toEqual([0, refused]);
  });

  test("for the probes of the preset internet, the setting is that of all masters", () => {
    const probing = nodeWith({}, { presets: { internet: { port: 9115 } } });
    const { stdout } = runNodeFunction(renderExporters(probing), "inspect", taken("docker.service"));
    expect(stdout).toMatch(
      /: give our exporter internet another port, with pi-monitoring:presets\.internet\.port\n$/,
    );
  });

  test("a binary that is not Debian's is refused", () => {
    const script = renderExporters(node).replaceAll("/usr/bin/$1", `${temporary}/$1`);
    writeFileSync(join(temporary, "prometheus-snmp-exporter"), "");
    writeFileSync(join(temporary, "dpkg-query"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const stubs = `PATH='${temporary}':$PATH
port_owners() { :; }
missing_of() { echo "$1"; }
getent() { :; }`;
    const { stdout } = runNodeFunction(script, "inspect", stubs);
    expect(stdout).toBe(
      `refusal=${temporary}/prometheus-snmp-exporter is not Debian's, and the package prometheus-snmp-exporter would replace it: move it, for example to /usr/local\n`,
    );
  });
});

describe("a set-up", () => {
  /** A machine in a folder: `running` has the file of each unit that runs, `broken` those that end at once. */
  class Machine {
    readonly folder = mkdtempSync(join(temporary, "machine-"));

    constructor() {
      for (const name of ["units", "etc", "state", "run", "running", "packages"]) {
        mkdirSync(join(this.folder, name));
      }
    }

    run(exporters: object, verb: string, stubs = "", more: object = {}): ScriptResult {
      const { folder } = this;
      const script = renderExporters(nodeWith(exporters, more))
        .replaceAll("/etc/systemd/system", `${folder}/units`)
        .replaceAll("'/etc/pi-monitoring'", `${folder}/etc`)
        .replaceAll("=/run/", `=${folder}/run/`)
        .replaceAll('"/run/', `"${folder}/run/`)
        .replace("state_folder=/var/lib/pi-monitoring", `state_folder=${folder}/state`);
      return runNodeFunction(
        script,
        verb,
        `
cd '${folder}'
refuse_obstacles() { :; }
ensure_access() { :; }
chown() { :; }
ensure_packages() { mkdir -p state/packages; echo "not-installed $1" >"state/packages/$2"; echo "installs $2 for $1"; }
remove_packages() { for each in $(packages_of "$1"); do rm "state/packages/$each"; echo "removes $each"; done; }
remove_user() { :; }
ensure_enabled() { :; }
runs_with() { [ -e "running/$1" ]; }
sleep() { :; }
seq() { command seq 2; }
journalctl() { echo "unknown flag"; }
has_ended() { [ ! -e "running/$1" ]; }
answers_as_ours() { asked=there; [ -e "running/$our_unit" ]; }
starts() { rm -f "running/$1"; if grep -q broken "units/$1" etc/* 2>/dev/null; then :; else : >"running/$1"; fi; }
systemctl() {
  for unit; do :; done
  case $1 in
    daemon-reload | reset-failed) ;;
    *) echo "systemctl $1 $unit" ;;
  esac
  case $1 in
    stop | disable) rm -f "running/$unit" ;;
    start | restart) starts "$unit" ;;
  esac
}
${stubs}`,
      );
    }

    files(folder: string): string[] {
      const path = join(this.folder, folder);
      return existsSync(path) ? readdirSync(path).sort() : [];
    }

    content(path: string): string {
      return readFileSync(join(this.folder, path), "utf8");
    }
  }

  const unitOf = (name: string): string => `pi-monitoring-${name}-exporter.service`;
  const broken = { arguments: ["--broken"] };

  test("starts each exporter once, and a second one restarts none", () => {
    const machine = new Machine();
    const first = machine.run({ bind: {}, snmp: {} }, "apply");
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toContain("installs prometheus-bind-exporter for exporter-bind\n");
    expect(first.stdout).toMatch(/\nkube-0: exporters are set up: bind snmp\n$/);
    expect(machine.files("running")).toEqual([unitOf("bind"), unitOf("snmp")]);
    const second = machine.run({ bind: {}, snmp: {} }, "apply");
    expect([second.status, second.stdout.match(/systemctl .*/g)]).toEqual([0, null]);
    const third = machine.run({ bind: { port: 9200 }, snmp: {} }, "apply");
    expect(third.stdout.match(/systemctl .*/g)).toEqual([
      `systemctl stop ${unitOf("bind")}`,
      `systemctl restart ${unitOf("bind")}`,
    ]);
  });

  test("all that change stop before one starts, so that they can exchange their ports", () => {
    const machine = new Machine();
    machine.run({ bind: {}, snmp: {} }, "apply");
    const { stdout } = machine.run({ bind: { port: 9116 }, snmp: { port: 9119 } }, "apply");
    expect(stdout.match(/systemctl (stop|restart)/g)).toEqual(
      ["stop", "stop", "restart", "restart"].map((verb) => `systemctl ${verb}`),
    );
  });

  test("of an exporter that does not start is undone, and the others are set up", () => {
    const machine = new Machine();
    const { status, stdout, stderr } = machine.run({ bind: broken, snmp: {} }, "apply");
    expect(status).toBe(1);
    expect(stderr).toContain(`kube-0: ${unitOf("bind")} has ended. Its last lines:\nunknown flag\n`);
    expect(stderr).toMatch(/\nkube-0: these exporters are not set up: bind\n$/);
    expect(stdout).not.toContain("are set up");
    expect(stdout).toContain("kube-0: removed the exporter bind\n");
    expect(machine.files("running")).toEqual([unitOf("snmp")]);
    expect(machine.files("units")).toEqual([unitOf("snmp")]);
    expect(machine.files("state/packages")).toEqual(["prometheus-snmp-exporter"]);
    expect(machine.files("state/exporters")).toEqual(["snmp"]);
    expect(machine.files("run")).toEqual([]);
  });

  test("whose change fails has the former files again, also after a run that was killed", () => {
    const machine = new Machine();
    machine.run({ bind: {}, snmp: {} }, "apply");
    const former = machine.content(`units/${unitOf("bind")}`);
    const killed = machine.run(
      { bind: broken, snmp: {} },
      "apply",
      "ensure_running() { exit 1; }\ngive_up() { :; }",
    );
    expect(killed.status).toBe(1);
    expect(machine.content(`units/${unitOf("bind")}`)).not.toBe(former);
    const { status, stdout, stderr } = machine.run({ bind: broken, snmp: {} }, "apply");
    expect(status).toBe(1);
    expect(stderr).toContain("Its last lines:\nunknown flag\n");
    expect(stdout).toContain("kube-0: runs the exporter bind as before\n");
    expect(machine.content(`units/${unitOf("bind")}`)).toBe(former);
    expect(machine.files("running")).toEqual([unitOf("bind"), unitOf("snmp")]);
    // The next run tries the change again.
    expect(machine.run({ bind: broken, snmp: {} }, "apply").status).toBe(1);
    expect(machine.run({ bind: { port: 9200 }, snmp: {} }, "apply").status).toBe(0);
  });

  test("undoes the exporters that are no longer in the settings, before it starts others", () => {
    const machine = new Machine();
    machine.run({ bind: {}, snmp: {} }, "apply");
    const { status, stdout } = machine.run({ redis: {} }, "apply");
    expect(status).toBe(0);
    expect(stdout.indexOf("removed the exporter snmp")).toBeLessThan(
      stdout.indexOf("started the exporter redis"),
    );
    expect(machine.files("units")).toEqual([unitOf("redis")]);
    expect(machine.files("state/packages")).toEqual(["prometheus-redis-exporter"]);
    expect(machine.files("state/exporters")).toEqual(["redis"]);
  });

  test("of the probes has the package of the exporter blackbox, which stays for as long as one of them does", () => {
    const machine = new Machine();
    const probes = { presets: { internet: true } };
    const first = machine.run({ blackbox: {} }, "apply", "", probes);
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(machine.files("etc")).toEqual(["internet.yml"]);
    expect(machine.files("running")).toEqual([unitOf("blackbox"), unitOf("internet")]);
    const second = machine.run({}, "apply", "", probes);
    expect(second.stdout).toContain("removed the exporter blackbox\n");
    expect(second.stdout.match(/systemctl restart .*|removes .*/g)).toBeNull();
    expect(machine.files("state/packages")).toEqual(["prometheus-blackbox-exporter"]);
    const third = machine.run({ blackbox: {} }, "apply");
    expect(third.stdout).toContain("removes prometheus-blackbox-exporter\n");
    expect(machine.files("running")).toEqual([unitOf("blackbox")]);
    expect(machine.run({ blackbox: {} }, "remove").stdout).toContain(
      "removes prometheus-blackbox-exporter\n",
    );
  });

  test("of targets that have changed starts the exporter again with them", () => {
    const machine = new Machine();
    const targets = (...names: string[]) => ({ presets: { internet: { targets: names } } });
    machine.run({}, "apply", "", targets("1.1.1.1"));
    const { stdout } = machine.run({}, "apply", "", targets("1.1.1.1", "dns://9.9.9.9/example.com"));
    expect(stdout.match(/systemctl .*/g)).toEqual([
      `systemctl stop ${unitOf("internet")}`,
      `systemctl restart ${unitOf("internet")}`,
    ]);
    expect(machine.content("etc/internet.yml")).toContain("dns_example.com");
  });

  test("is undone by a removal, which leaves a package and a daemon of the user's", () => {
    const machine = new Machine();
    const stubs = `ensure_packages() { :; }`;
    machine.run({ bind: {} }, "apply", stubs);
    machine.run(
      { bind: {}, snmp: {} },
      "apply",
      `ensure_packages() { [ "$1" = exporter-bind ] || { mkdir -p state/packages; echo "not-installed $1" >"state/packages/$2"; }; }`,
    );
    writeFileSync(join(machine.folder, "units", "prometheus-bind-exporter.service"), "theirs");
    // As a Prometheus has it until it writes its first chunk. It ends if the folder is gone then.
    const chunks = join(machine.folder, "state/prometheus/chunks_head");
    mkdirSync(chunks, { recursive: true });
    const { status, stdout } = machine.run({ bind: {}, snmp: {} }, "remove");
    expect(status).toBe(0);
    expect(existsSync(chunks)).toBe(true);
    rmSync(join(machine.folder, "state/prometheus"), { recursive: true });
    expect(stdout.match(/removes .*/g)).toEqual(["removes prometheus-snmp-exporter"]);
    expect(machine.files("units")).toEqual(["prometheus-bind-exporter.service"]);
    expect(machine.files("running")).toEqual([]);
    expect(readdirSync(join(machine.folder, "state"))).toEqual([]);
    expect(existsSync(join(machine.folder, "etc"))).toBe(false);
    // The records of a removal that was killed are enough for the next one.
    expect(machine.run({ bind: {} }, "remove").status).toBe(0);
  });
});

describe("the configuration of others", () => {
  /** What a removal keeps in a folder with files of a package that this program has brought, and of the user's. */
  function kept(record: string): string[] {
    const folder = mkdtempSync(join(temporary, "configuration-"));
    const path = (name: string): string => join(folder, "etc/prometheus", name);
    mkdirSync(join(folder, "etc/prometheus"), { recursive: true });
    mkdirSync(join(folder, "packages"));
    for (const name of ["mqtt-exporter.yaml", "blackbox.yml", "mine.yml"]) {
      writeFileSync(path(name), "as it came\n");
    }
    const sum = spawnSync("md5sum", { input: "as it came\n", encoding: "utf8" }).stdout.slice(0, 32);
    writeFileSync(path("mqtt-exporter.yaml"), "changed\n");
    writeFileSync(join(folder, "packages/prometheus-a-exporter"), record);
    const packaged = [path(""), path("mqtt-exporter.yaml"), path("blackbox.yml")].map((each) =>
      each.replace(/\/$/, ""),
    );
    writeFileSync(
      join(folder, "dpkg-query"),
      `#!/bin/sh
case $1 in
  --listfiles) [ "$2" = prometheus-a-exporter ] && printf '%s\\n' ${packaged.join(" ")} ;;
  *) printf ' %s ${sum}\\n' ${packaged.slice(1).join(" ")} ;;
esac
`,
      { mode: 0o755 },
    );
    const script = renderExporters(nodeWith({ bind: {} }))
      .replace("find -H /etc/prometheus", () => `find -H ${folder}/etc/prometheus`)
      .replace("'/etc/prometheus*'", () => `'${folder}/etc/prometheus*'`);
    const stubs = `PATH='${folder}':$PATH
state_folder='${folder}'
wanted() { configuration_of_others; }`;
    const { stdout } = runNodeFunction(script, "wanted", stubs);
    return stdout.split("\n").flatMap((line) => (line.startsWith(folder) ? [line.slice(folder.length)] : []));
  }

  test("has what the user has added or changed, and nothing that a package of ours has brought", () => {
    expect(kept("not-installed exporter-a\n")).toEqual([
      "/etc/prometheus/mine.yml",
      "/etc/prometheus/mqtt-exporter.yaml",
    ]);
  });

  test("leaves to dpkg what a removed package had left behind before", () => {
    expect(kept("config-files exporter-a\n")).toEqual(["/etc/prometheus/mine.yml"]);
  });
});

describe("an answer", () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.close();
  });

  /** Serves a page of metrics, and asks the script whether it is that of the process of this test. */
  async function isOurs(page: string, status = 200, environment = ""): Promise<boolean> {
    server = createServer((_, response) => {
      response.writeHead(status).end(page);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const stubs = `${environment}
systemctl() { echo ${process.pid}; }
own_urls() { echo "http://127.0.0.1:$1"; }
wanted() { port=${port} address=127.0.0.1 our_unit=ours.service; if answers_as_ours; then echo ours; fi; }`;
    const script = renderExporters(nodeWith({ bind: {} })).replace(
      /\n"\$1"\n$/,
      () => `\n${stubs}\nwanted\n`,
    );
    // The server of this process must be able to answer meanwhile.
    const child = spawn("sh", ["-s"], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(script);
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    await once(child, "close");
    return stdout === "ours\n";
  }

  const startedAt = (): number => Date.now() / 1000 - process.uptime();

  test("that reports the start of our process is ours", async () => {
    expect(await isOurs(`process_start_time_seconds ${startedAt().toExponential()}\n`)).toBe(true);
  });

  test("is not asked of a proxy", async () => {
    const proxy = "export http_proxy=http://127.0.0.1:9";
    expect(await isOurs(`process_start_time_seconds ${startedAt().toExponential()}\n`, 200, proxy)).toBe(
      true,
    );
  });

  test("of another process, behind the same port, is not", async () => {
    expect(await isOurs(`process_start_time_seconds ${(startedAt() - 60).toExponential()}\n`)).toBe(false);
  });

  test("without a start counts if our process has the port", async () => {
    expect(await isOurs("nginx_up 0\n")).toBe(true);
  });

  test("that is an error is none", async () => {
    expect(await isOurs(`process_start_time_seconds ${startedAt().toExponential()}\n`, 404)).toBe(false);
  });
});
