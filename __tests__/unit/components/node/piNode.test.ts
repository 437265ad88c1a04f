import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import {
  managedOnNode,
  PiNode,
  type PiNodeArgs,
  renderNodeExporterUnit,
  renderNodeSetup,
} from "../../../../components/node/piNode";
import type { NodeSettings } from "../../../../components/settings/settings";
import { exporterUrl } from "../../../support/arbitraries";
import { exampleNode, exampleSettings } from "../../../support/exampleSettings";
import { recordResources } from "../../../support/recordResources";
import { runNodeFunction } from "../../../support/runNodeFunction";
import type { ScriptResult } from "../../../support/runScript";
import { temporaryFolder } from "../../../support/temporaryFolder";

const { nodes, exporter, presets } = exampleSettings();
const args = { node: nodes[1], exporter, presets } as PiNodeArgs;

test("a node is one script, which holds no secret", async () => {
  const [component, script, ...others] = await recordResources(() => new PiNode("kube-1", args));
  expect(component).toMatchObject({ type: "pi-monitoring:index:PiNode", name: "kube-1", inputs: {} });
  expect(script).toMatchObject({
    type: "command:remote:Command",
    name: "kube-1-exporters",
    parent: "pi-monitoring:index:PiNode kube-1",
    inputs: { stdin: renderNodeSetup(args) },
  });
  expect(others).toEqual([]);
});

test("scripts and units are written as they are", () => {
  const stub = `ensure_file() { printf '%s\\0' "$1"; }\nsystemctl() { :; }\nmkdir() { :; }`;
  const { stdout } = runNodeFunction(renderNodeSetup(args), "ensure_files", stub);
  expect(stdout.split("\0").slice(0, -1)).toEqual([
    "/usr/local/lib/pi-monitoring/raspberrypi_metrics",
    "/usr/local/lib/pi-monitoring/raspberrypi_throttled",
    "/usr/local/lib/pi-monitoring/link_textfiles",
    "/etc/systemd/system/pi-monitoring-textfiles.service",
    "/etc/systemd/system/pi-monitoring-textfiles.timer",
    "/etc/systemd/system/pi-monitoring-node-exporter.service",
  ]);
});

describe("after a run that failed", () => {
  const folder = temporaryFolder();

  test("the next one puts the changed units in force", () => {
    const script = renderNodeSetup(args)
      .replaceAll("/usr/local/lib/pi-monitoring", folder)
      .replaceAll("/etc/systemd/system", folder)
      .replaceAll("=/run/", `=${folder}/`);
    const stubs = `
for name in refuse_obstacles keep_textfiles ensure_packages ensure_debian_textfiles take_over_from_0_1_0 clear_0_1_0; do
  eval "$name() { :; }"
done
chown() { :; }
ensure_access() { :; }
ensure_enabled() { :; }
runs_with() { :; }
await_answer() { :; }
systemctl() { echo "systemctl $*"; }`;
    const apply = (exporter: string): string[] | null => {
      const { stdout } = runNodeFunction(script, "apply", `${stubs}\nensure_exporter() { ${exporter}; }`);
      return stdout.match(/^systemctl (daemon-reload|restart .*)/gm);
    };
    expect(apply("exit 1")).toEqual(["systemctl daemon-reload"]);
    expect(apply(":")).toEqual([
      "systemctl daemon-reload",
      "systemctl restart pi-monitoring-textfiles.timer",
      "systemctl restart pi-monitoring-node-exporter.service",
    ]);
    expect(apply(":")).toBeNull();
  });
});

test("a process that has just ended has no port", () => {
  const stubs = "refuse_packages() { :; }\nport_owners() { echo 99999999; }";
  expect(runNodeFunction(renderNodeSetup(args), "inspect", stubs)).toMatchObject({ status: 0, stdout: "" });
});

test("root's programs are found where sudo keeps the PATH of the user", () => {
  const script = `PATH=/usr/bin:/bin\n${renderNodeSetup(args)}`;
  const wanted = "wanted() { command -v runuser; command -v userdel; }";
  expect(runNodeFunction(script, "wanted", `unset -f userdel\n${wanted}`).stdout).toMatch(
    /^\S*\/runuser\n\S*\/userdel\n$/,
  );
});

describe("a removal", () => {
  function removeUser(packages: string, stubs = ""): ScriptResult {
    const machine = `
state_folder=$scratch && : >"$state_folder/user-is-ours"
is_installed() { false; }
installed_packages() { printf '%s\\n' adduser ${packages}; }
find() { :; }
getent() { :; }
userdel() { echo "userdel $*"; }`;
    return runNodeFunction(renderNodeSetup(args), "remove_user", `${machine}\n${stubs}`);
  }

  test("removes the user that came with the packages", () => {
    const { status, stdout } = removeUser("prometheus-node-exporter-collectors");
    expect([status, stdout]).toEqual([0, "userdel prometheus\n"]);
  });

  test.each([
    ["a package", "prometheus-alertmanager", "", "prometheus-alertmanager"],
    ["a process", "", "find() { echo pushgateway; }", "pushgateway"],
  ])("keeps a user that %s needs", (_, packages, stubs, users) => {
    const { status, stdout } = removeUser(packages, stubs);
    expect([status, stdout]).toEqual([0, `kube-1: keeps the user prometheus, which others use: ${users}\n`]);
  });
});

test("node_exporter listens where the settings say", () => {
  const node = exampleSettings({ nodeExporter: { port: 9101, listenAddress: "192.168.1.10" } }).nodes[1];
  const script = renderNodeSetup({ ...args, node: node as NodeSettings });
  expect(script).toContain("--web.listen-address=192.168.1.10:9101 ");
  const { stdout } = runNodeFunction(script, "wanted", "wanted() { own_urls 9101 192.168.1.10; }");
  expect(stdout).toBe("http://192.168.1.10:9101\n");
});

describe("arguments of the user", () => {
  /** The second node, which has these arguments. */
  const nodeWith = (ofAll: readonly string[], ofNode: readonly string[] = []): NodeSettings =>
    exampleSettings({
      nodeExporter: { arguments: ofAll },
      nodes: [
        exampleNode("kube-0", { master: true }),
        exampleNode("kube-1", { nodeExporter: { arguments: ofNode } }),
      ],
    }).nodes[1] as NodeSettings;
  const argumentsOf = (node: NodeSettings): readonly string[] =>
    managedOnNode({ node, exporter, presets }).daemons[0]?.arguments ?? [];
  const own = argumentsOf(nodes[1] as NodeSettings);

  test("come after the program's own, those of all nodes first", () => {
    const node = nodeWith(["--collector.systemd"], ["--no-collector.wifi"]);
    expect(argumentsOf(node)).toEqual([...own, "--collector.systemd", "--no-collector.wifi"]);
    expect(renderNodeExporterUnit(node)).toMatch(
      /^ExecStart=\S+ --web.*\$" --collector\.systemd --no-collector\.wifi$/m,
    );
  });

  test("of one node take the place of those of all about the same", () => {
    const node = nodeWith(["--no-collector.wifi", "--collector.systemd"], ["--collector.wifi"]);
    expect(argumentsOf(node)).toEqual([...own, "--collector.systemd", "--collector.wifi"]);
  });

  test.each([
    "--collector.filesystem.mount-points-exclude=^/x",
    "--collector.filesystem.mount-points-include=^/$",
    "--collector.filesystem.ignored-mount-points=^/x",
  ])("take the place of the program's own: %s", (argument) => {
    const others = own.filter((each) => !each.includes("mount-points"));
    expect(others).toHaveLength(own.length - 1);
    expect(argumentsOf(nodeWith([argument]))).toEqual([...others, argument]);
  });

  test("reach the script and the unit as they are", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", " ", '"', "'", "\\", "$", "%", ";", "{", "}", "`") }),
        (value) => {
          const argument = `--collector.netdev.device-exclude=${value}`;
          const node = nodeWith([argument]);
          const word = renderNodeExporterUnit(node).match(/^ExecStart=.*\$" (.*)$/m)?.[1] ?? "";
          // Source: systemd.service(5), "Command lines"
          const read = /^".*"$/s.test(word)
            ? word.slice(1, -1).replace(/\\(.)/gs, "$1").replaceAll("$$", "$").replaceAll("%%", "%")
            : word;
          expect(read).toBe(argument);
        },
      ),
    );
    const script = renderNodeSetup({ node: nodeWith([`--a.b=it's "$HOME" %h`]), exporter, presets });
    const stubs = `has_content() { false; }\nstarts_with() { printf '%s\\n' "$@" | tail -n 1; }`;
    expect(runNodeFunction(script, "check_arguments", stubs).stdout).toBe(`--a.b=it's "$HOME" %h\n`);
  });

  test("that the installed version refuses change no file", () => {
    const stubs = ["refuse_obstacles", "keep_textfiles", "ensure_packages", "ensure_debian_textfiles"]
      .map((name) => `${name}() { :; }`)
      .concat(
        `starts_with() { reason='unknown long flag'; case "$*" in *nope*) return 1 ;; esac; }`,
        "ensure_files() { echo changed; exit; }",
      )
      .join("\n");
    const apply = (list: readonly string[]): ScriptResult =>
      runNodeFunction(renderNodeSetup({ node: nodeWith(list), exporter, presets }), "apply", stubs);
    expect(apply(["--collector.systemd"])).toMatchObject({ status: 0, stdout: "changed\n" });
    expect(apply(["--collector.systemd", "--collector.nope"])).toMatchObject({
      status: 1,
      stdout: "",
      stderr:
        "kube-1: node_exporter does not take --collector.nope: unknown long flag. Its unit stays as it is: change nodeExporter.arguments, of this node or of all\n",
    });
    expect(apply([])).toMatchObject({ status: 0, stdout: "changed\n" });
  });

  test("with blanks and quotes are compared with those of the daemon that runs", async () => {
    const node = nodeWith([`--collector.netdev.device-exclude=^(a b|c"d'$e%f)$`]);
    const list = argumentsOf(node);
    const start = ["--eval", "setTimeout(() => {}, 60_000); console.log()", "--"];
    const daemon = spawn(process.execPath, [...start, ...list]);
    await once(daemon.stdout, "data");
    const script = renderNodeSetup({ node, exporter, presets }).replaceAll(
      "/usr/bin/prometheus-node-exporter",
      realpathSync(process.execPath),
    );
    const stubs = `systemctl() { echo ${daemon.pid ?? 0}; }
restart_daemon() { echo restarted; }
await_answer() { :; }
unit_changed=$scratch/none`;
    expect(runNodeFunction(script, "ensure_node_exporter", stubs).stdout).toBe("");
    const another = script.replaceAll("^(a b|", "^(a c|");
    expect(runNodeFunction(another, "ensure_node_exporter", stubs).stdout).toContain("restarted");
    daemon.kill();
  });
});

describe("what is in the way", () => {
  /** A machine where a process listens on port 9100, by a unit. */
  const taken = (unit: string): string => `
port_owners() { echo $$; }
unit_of() { echo '${unit}'; }
missing_of() { :; }
mkdir -p "$scratch/state"
state_folder=$scratch/state`;

  test("a port that another daemon has is refused before anything is changed", () => {
    const sentence =
      "port 9100 is taken by sh (prometheus-node-exporter.service), which stays as it is: give our node_exporter " +
      "another port, with nodes[].nodeExporter.port for this node or pi-monitoring:nodeExporter.port for all";
    const stubs = taken("prometheus-node-exporter.service");
    expect(runNodeFunction(renderNodeSetup(args), "apply", stubs)).toEqual(
      expect.objectContaining({ status: 1, stdout: "", stderr: `kube-1: ${sentence}\n` }),
    );
    expect(runNodeFunction(renderNodeSetup(args), "inspect", stubs)).toEqual(
      expect.objectContaining({ status: 0, stdout: `refusal=${sentence}\n`, stderr: "" }),
    );
  });

  test("our own daemon is not", () => {
    const stubs = taken("pi-monitoring-node-exporter.service");
    expect(runNodeFunction(renderNodeSetup(args), "inspect", stubs)).toMatchObject({ status: 0, stdout: "" });
  });

  test.each([
    { id: 101, refused: false },
    { id: 1001, refused: true },
  ])("a user prometheus with the id $id is refused: $refused", ({ id, refused }) => {
    const stubs = `is_installed() { false; }
daemon_of() { :; }
port_owners() { :; }
getent() { echo 'prometheus:x:${id}:${id}::/home/prometheus:/bin/false'; }
state_folder=$scratch/state`;
    const { status, stdout } = runNodeFunction(renderNodeSetup(args), "inspect", stubs);
    expect(status).toBe(0);
    expect(stdout.includes(`refusal=the user prometheus has the id ${id}`)).toBe(refused);
  });

  test.each([
    ["its usual port", "", 9100, true],
    ["the port of its arguments", 'ARGS="--web.listen-address=127.0.0.1:9123"', 9123, true],
    ["another one", 'ARGS="--web.listen-address=127.0.0.1:9123"', 9100, false],
  ])(
    "a daemon from before 0.1.0 that comes back on %s is told before the switch",
    (_, content, port, told) => {
      const node = exampleSettings({ nodeExporter: { port } }).nodes[1] as NodeSettings;
      const stubs = `${taken("")}
port_owners() { :; }
mkdir -p "$state_folder/originals/etc/default"
echo '${content}' >"$state_folder/originals/etc/default/prometheus-node-exporter"`;
      const { status, stdout } = runNodeFunction(renderNodeSetup({ ...args, node }), "inspect", stubs);
      expect(status).toBe(0);
      expect(/gets its own arguments back, with which it listens on port/.test(stdout)).toBe(told);
    },
  );

  test.each([
    ["wildcard", "", 1],
    ["the same address", "127.0.0.1", 1],
    ["another address", "127.0.0.2", 0],
  ])("a listener on loopback is in the way of one on %s", async (_, address, count) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const stubs = `wanted() { port_owners ${port} ${address}; }`;
    const { stdout } = runNodeFunction(renderNodeSetup(args), "wanted", stubs);
    server.close();
    expect(stdout).toBe(count === 1 ? `${process.pid}\n` : "");
  });
});

describe("after a start", () => {
  const unit = (state: string, question: string): string => `
systemctl() { echo ${state}; }
sleep() { :; }
seq() { command seq 3; }
journalctl() { printf 'line 1\\nline 2 /var/lib/pi-monitoring/prometheus/01HXXXXXXXXXXXXXXXXXXXXXXX/meta.json: no such file\\n'; }
asks() { asked=http://127.0.0.1:9100; ${question}; }
wanted() { await_answer ours.service asks; echo set up; }`;

  test("a daemon that answers is set up", () => {
    expect(runNodeFunction(renderNodeSetup(args), "wanted", unit("running", "true")).stdout).toBe("set up\n");
  });

  test("one whose start fails is named with its last lines", () => {
    const stubs = `${unit("running", "true")}\nsystemctl() { false; }\nwanted() { restart_daemon ours.service; echo set up; }`;
    const { status, stdout, stderr } = runNodeFunction(renderNodeSetup(args), "wanted", stubs);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("kube-1: ours.service does not start. Its last lines:\nline 1\nline 2");
  });

  test.each([
    ["has ended", "auto-restart", "has ended"],
    ["does not answer", "running", "does not answer as ours at http://127.0.0.1:9100"],
  ])("one that %s is named with its last lines, and a damaged block with what to do", (_, state, problem) => {
    const { status, stdout, stderr } = runNodeFunction(renderNodeSetup(args), "wanted", unit(state, "false"));
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`kube-1: ours.service ${problem}. Its last lines:\nline 1\nline 2`);
    expect(stderr).toContain(
      "sudo mv /var/lib/pi-monitoring/prometheus/01HXXXXXXXXXXXXXXXXXXXXXXX /var/tmp/",
    );
  });
});

/** Stubs for a machine with some packages and an apt, and `wanted`, which installs a, b and c. */
function machine(there: string, apt: string): string {
  return `
state_folder=$(mktemp -d)
mkdir "$state_folder/there" "$state_folder/packages"
for package in ${there}; do : >"$state_folder/there/$package"; done
is_installed() { [ -e "$state_folder/there/$1" ]; }
installed_packages() { ls "$state_folder/there"; }
record_before() { echo "not-installed node" >"$state_folder/packages/$1"; }
installs() { for each in "$@"; do : >"$state_folder/there/$each"; done; }
apt_get() { echo "apt $*"; ${apt}; }
systemctl() { :; }
wanted() {
  trap 'echo "ours: $(ls -x "$state_folder/packages")"; rm -r "$state_folder"' EXIT
  ensure_packages node a b c
}`;
}

const installs = 'shift 2; installs "$@"';

test.each([
  ["b", "apt install --no-install-recommends a c\nkube-1: installed a c\nours: a  c\n"],
  ["a b c", "ours: \n"],
])("of the packages a, b and c, with %s there, the others are installed by one apt", (there, did) => {
  const stubs = machine(there, installs);
  expect(runNodeFunction(renderNodeSetup(args), "wanted", stubs)).toMatchObject({ status: 0, stdout: did });
});

test.each([
  ["nothing is installed", "false", ""],
  ["some are installed", "installs a; false", "a"],
])("what is not installed after an apt that fails is not ours later: %s", (_, apt, ours) => {
  // A mark of a run that failed, as older versions of the program have left it.
  const old = `${machine("", apt)}\n: >"$state_folder/packages/c"`;
  const { status, stdout, stderr } = runNodeFunction(renderNodeSetup(args), "wanted", old);
  expect(status).toBe(1);
  expect(stderr).toMatch(/\nkube-1: apt cannot install a b c\n$/);
  expect(stdout).toMatch(new RegExp(`\nours: ${ours}\n$`));
});

describe("apt", () => {
  const folder = temporaryFolder();

  /** Runs a function of the script with an `apt-get` that is this shell script; `$calls` counts its calls. */
  function withApt(aptGet: string, wanted: string): ScriptResult {
    writeFileSync(
      join(folder, "apt-get"),
      `#!/bin/sh
for word in "$@"; do case $word in install | update | purge) verb=$word ;; --simulate) simulated=true ;; esac; done
calls=$(($(cat '${folder}/calls') + 1)) && echo "$calls" >'${folder}/calls'
${aptGet}
`,
      { mode: 0o755 },
    );
    writeFileSync(join(folder, "calls"), "0");
    // The stub that guards this machine is in the way of the function under test.
    const script = renderNodeSetup(args);
    const library = script.slice(0, script.indexOf("# Release 0.1.0 changed"));
    const input = `PATH='${folder}':$PATH\n${library}\nsleep() { :; }\nbeside_data() { "$@"; }\n${wanted}`;
    return spawnSync("sh", ["-s"], { input, encoding: "utf8" });
  }

  const calls = (): number => Number(readFileSync(join(folder, "calls"), "utf8"));
  const held = (lock: string): string =>
    `echo 'E: Could not get lock ${lock}. It is held by process 123 (apt-get)' >&2; exit 100`;

  test.each(["/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock"])(
    "waits for %s, and reports it once",
    (lock) => {
      const { status, stdout, stderr } = withApt(
        `if [ "$calls" -lt 4 ]; then ${held(lock)}; fi`,
        "apt_get update",
      );
      const waits = `kube-1: waits for apt's lock ${lock}. It is held by process 123 (apt-get)\n`;
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: waits, stderr: "" });
      expect(calls()).toBe(4);
    },
  );

  test("gives a lock up after five minutes, and says who holds it", () => {
    const { status, stderr } = withApt(held("/var/lib/apt/lists/lock"), "apt_get update");
    expect([status, stderr]).toEqual([
      1,
      "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 123 (apt-get)\n",
    ]);
    expect(calls()).toBe(61);
  });

  test.each([
    ["dpkg's lock, for which apt has waited", held("/var/lib/dpkg/lock-frontend")],
    ["any other mistake", "echo 'E: Unable to locate package a' >&2; exit 100"],
  ])("does not wait for %s", (_, aptGet) => {
    expect(withApt(aptGet, "apt_get update").status).toBe(1);
    expect(calls()).toBe(1);
  });

  test.each([
    ["dead", "E: The repository 'http://a.org stable Release' does not have a Release file."],
    ["unsigned", "E: The repository 'http://a.org stable InRelease' is not signed."],
    ["expired", "E: Release file for http://a.org/InRelease is expired (invalid since 2d 3h)."],
    ["signed by an unknown key", "W: GPG error: http://a.org stable InRelease: NO_PUBKEY 0123456789ABCDEF"],
  ])("a source that is %s is named, and does not stop what the others give", (_, problem) => {
    const ignored =
      "E: Some index files failed to download. They have been ignored, or old ones used instead.";
    const { status, stdout, stderr } = withApt(
      `case $calls in
  1) echo 'E: Unable to locate package a' >&2; exit 100 ;;
  2) printf '%s\n' "${problem}" "${problem}" "${ignored}" >&2; exit 100 ;;
esac`,
      "install_packages a",
    );
    const named = `kube-1: apt-get update: ${problem.slice(3)}\n`;
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: named, stderr: "" });
    expect(calls()).toBe(3);
  });

  test("a dead source that still offers the newest version is passed over", () => {
    const { status, stdout, stderr } = withApt(
      `case "$calls $*" in
  "2 "*) echo "W: Failed to fetch https://a.org:8443/dists/stable/Packages 404" >&2; exit 100 ;;
  *Dir::Etc::preferences=*)
    for word in "$@"; do case $word in *preferences=*) head -n 3 "\${word#*=}" >'${folder}/pins' ;; esac; done ;;
  *) echo 'E: Failed to fetch https://a.org:8443/pool/a.deb 404' >&2; exit 100 ;;
esac`,
      "install_packages a",
    );
    const named = "kube-1: apt-get update: Failed to fetch https://a.org:8443/dists/stable/Packages 404\n";
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: named, stderr: "" });
    expect(readFileSync(join(folder, "pins"), "utf8")).toBe(
      'Package: *\nPin: origin "a.org"\nPin-Priority: -1\n',
    );
  });

  test("what no source has is said by apt itself", () => {
    const { status, stderr } = withApt(
      `[ "$verb" = update ] || { echo 'E: Unable to locate package a' >&2; exit 100; }`,
      "install_packages a",
    );
    expect([status, stderr]).toEqual([1, "E: Unable to locate package a\n"]);
  });

  const removes = `
state_folder='${folder}/state' && mkdir -p "$state_folder/packages"
echo 'not-installed node' >"$state_folder/packages/a"
is_installed() { :; }
remove_packages node && ls "$state_folder/packages"`;

  test.each([
    ["nothing else", "", "kube-1: removed a\n"],
    ["another one", "Remv other [1.0]", "kube-1: keeps the package a, on which other depends\n"],
  ])("a package of ours that %s needs is removed, or kept", (_, line, said) => {
    const { status, stdout } = withApt(
      `if [ "\${simulated:-}" = true ]; then printf '%s\n' "${line}" 'Purg a [1.0]'; fi`,
      removes,
    );
    expect([status, stdout, calls()]).toEqual([0, said, 2]);
  });

  describe("the user's configuration, which a purge deletes", () => {
    const configuration = join(folder, "default-prometheus");
    const removal = `configuration_of_others() { echo '${configuration}'; }${removes}`;

    /** Removes a package; its purge ends as this shell command says. */
    function remove(ending: string): ScriptResult {
      const purge = `{ rm -f '${configuration}'; ${ending}; }`;
      return withApt(`[ "\${simulated:-}" = true ] && echo 'Purg a [1.0]' || ${purge}`, removal);
    }

    beforeEach(() => {
      writeFileSync(configuration, "mine", { mode: 0o600 });
    });

    afterEach(() => {
      expect(readFileSync(configuration, "utf8")).toBe("mine");
      expect(statSync(configuration).mode & 0o777).toBe(0o600);
      expect(readdirSync(join(folder, "state"))).not.toContain("configuration.tar");
    });

    test("comes back", () => {
      expect(remove("true")).toMatchObject({ status: 0, stdout: "kube-1: removed a\n" });
    });

    test("comes back where apt fails, as because of another package that is broken", () => {
      const { status, stderr } = remove("exit 100");
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^kube-1: apt cannot remove a$/m)]);
    });

    test("comes back into a folder that /etc/prometheus is a link to", () => {
      const own = join(folder, "own");
      mkdirSync(own);
      symlinkSync(own, join(folder, "prometheus"));
      for (const name of ["prometheus.yml", "prometheus.yml.bak"]) {
        writeFileSync(join(own, name), "mine");
      }
      const script = renderNodeSetup(args).replaceAll("/etc/prometheus", join(folder, "prometheus"));
      const stubs = `
state_folder=$scratch
wanted() { keep_configuration; rm '${own}'/*; restore_configuration; }`;
      expect(runNodeFunction(script, "wanted", stubs)).toMatchObject({ status: 0 });
      expect(readdirSync(own).sort()).toEqual(["prometheus.yml", "prometheus.yml.bak"]);
    });

    test("comes back in the run after one that was interrupted", () => {
      expect(remove("kill $PPID").status).toBe(143);
      expect(statSync(join(folder, "state/configuration.tar")).mode & 0o777).toBe(0o600);
      expect(remove("true").status).toBe(0);
    });
  });

  test("a package that had left its configuration is not purged", () => {
    const { status, stdout } = withApt(
      `if [ "\${simulated:-}" = true ]; then echo 'Purg a [1.0]'; else echo "$verb$*" >'${folder}/did'; fi`,
      removes.replace("not-installed", "config-files"),
    );
    expect([status, stdout]).toEqual([0, "kube-1: removed a\n"]);
    expect(readFileSync(join(folder, "did"), "utf8")).toMatch(/ remove a$/m);
  });
});

test("a download with another checksum is refused; the message names node and both checksums", () => {
  const stub = `
curl() {
  while [ "$1" != --output ]; do shift; done
  echo other >"$2"
}
install() { echo "installed"; }`;
  const { status, stdout, stderr } = runNodeFunction(renderNodeSetup(args), "ensure_exporter", stub);
  expect([status, stdout]).toEqual([1, ""]);
  const found = createHash("sha256").update("other\n").digest("hex");
  expect(stderr).toBe(
    `kube-1: refused raspberrypi_exporter: expected SHA-256 ${exporter.sha256}, found ${found}. ` +
      "Nothing was replaced.\n",
  );
});

test("any URL that the settings accept is asked for as it is", () => {
  fc.assert(
    fc.property(exporterUrl, (url) => {
      const script = renderNodeSetup({ ...args, exporter: { ...exporter, url } });
      const stub = `curl() { for last; do :; done; printf '%s' "$last"; return 1; }`;
      const { stdout, stderr } = runNodeFunction(script, "ensure_exporter", stub);
      expect(stdout).toBe(url);
      expect(stderr).toBe(`kube-1: cannot download raspberrypi_exporter from ${url}\n`);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["", ["role.prom"]],
  ["echo mine >apt.prom", ["apt.prom", "role.prom"]],
])(
  "what Debian's collectors wrote goes with them, and a file of the same name comes back: %j",
  (own, left) => {
    const stub = `
cd "$scratch" && mkdir state textfiles && cd textfiles
state_folder=$scratch/state debian_textfiles=$scratch/textfiles
is_installed() { false; }
wanted() {
  echo theirs >role.prom
  ${own}
  keep_textfiles
  echo ours >apt.prom && echo ours >nvme.prom
  restore_textfiles
  ls
  cat apt.prom 2>/dev/null
}`;
    const { stdout } = runNodeFunction(renderNodeSetup(args), "wanted", stub);
    expect(stdout.trim().split("\n")).toEqual([...left, ...(own === "" ? [] : ["mine"])]);
  },
);

describe("presets", () => {
  const folder = temporaryFolder();
  const on = { ...args, presets: { disks: true, pi5: true } };

  /** Runs a verb of the script of a node whose folders are in `folder`; returns what it changes, in its order. */
  function did(verb: "apply" | "remove", given: PiNodeArgs): string[] {
    const script = renderNodeSetup(given)
      .replaceAll("/usr/local/lib/pi-monitoring", `${folder}/lib`)
      .replaceAll("/etc/systemd/system", `${folder}/units`)
      .replaceAll("/run/pi-monitoring", `${folder}/run`)
      .replaceAll("=/run/", `=${folder}/run/`);
    const stubs = `
for name in refuse_obstacles keep_textfiles ensure_debian_textfiles ensure_exporter runs_with await_answer \\
  take_over_from_0_1_0 clear_0_1_0 chown ensure_access restore_textfiles remove_user forget_node; do
  eval "$name() { :; }"
done
mkdir -p '${folder}/units' '${folder}/run/textfiles'
ensure_packages() { echo "install for $*"; }
remove_packages() { echo "remove those for $*"; }
systemctl() { case $1 in is-*) true ;; *) echo "systemctl $*" ;; esac; }`;
    const { status, stdout, stderr } = runNodeFunction(script, verb, stubs);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout.replaceAll(`${folder}/`, "").split("\n").slice(0, -1);
  }

  const filesOf = (): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const base =
    "install for node ca-certificates curl prometheus-node-exporter prometheus-node-exporter-collectors";
  const run = ["systemctl start pi-monitoring-textfiles.service"];
  const runDisks = "systemctl start pi-monitoring-disks.service";

  test("are set up once, their package after everything else", () => {
    did("apply", args);
    expect(did("apply", on)).toEqual([
      base,
      "kube-1: wrote lib/raspberrypi_power",
      "kube-1: wrote units/pi-monitoring-textfiles.service",
      "systemctl daemon-reload",
      ...run,
      "systemctl restart pi-monitoring-textfiles.timer",
      "kube-1: wrote lib/disk_metrics",
      "kube-1: wrote units/pi-monitoring-disks.service",
      "kube-1: wrote units/pi-monitoring-disks.timer",
      "kube-1: wrote units/prometheus-node-exporter-smartmon.timer.d/pi-monitoring.conf",
      "systemctl daemon-reload",
      "install for disks smartmontools",
      runDisks,
      "systemctl restart pi-monitoring-disks.timer",
      "kube-1: is set up",
    ]);
    const again = [base, ...run, "install for disks smartmontools", runDisks, "kube-1: is set up"];
    expect(did("apply", on)).toEqual(again);
  });

  test("that are switched off leave nothing behind", () => {
    did("apply", args);
    const before = filesOf();
    did("apply", on);
    for (const name of ["disks.prom", "raspberrypi-power.prom"]) {
      writeFileSync(join(folder, "run/textfiles", name), "");
    }
    expect(did("apply", args)).toEqual([
      base,
      "kube-1: wrote units/pi-monitoring-textfiles.service",
      "systemctl daemon-reload",
      ...run,
      "systemctl restart pi-monitoring-textfiles.timer",
      "systemctl disable --quiet --now pi-monitoring-disks.timer",
      "systemctl stop pi-monitoring-disks.service",
      "remove those for disks",
      "systemctl daemon-reload",
      "kube-1: no longer reads disks",
      "systemctl stop pi-monitoring-textfiles.service",
      "kube-1: no longer reads the power of a Raspberry Pi 5",
      "kube-1: is set up",
    ]);
    expect(filesOf()).toEqual(before);
    expect(did("apply", args)).toEqual([base, ...run, "kube-1: is set up"]);
  });

  test("are removed with the node", () => {
    did("apply", on);
    expect(did("remove", on)).toEqual(
      expect.arrayContaining(["remove those for disks", "remove those for node"]),
    );
    expect(filesOf()).toEqual(["units"]);
  });

  test("a package that cannot be installed fails after the node's own metrics are set up", () => {
    const script = renderNodeSetup(on);
    expect(script.indexOf("\n  ensure_disks\n")).toBeGreaterThan(
      script.indexOf("\n  ensure_node_exporter\n"),
    );
  });

  test("smartd is not started by its package, and Debian's timer not by what is installed for us", () => {
    const stubs = "wanted() { daemon_of smartmontools; }";
    expect(runNodeFunction(renderNodeSetup(on), "wanted", stubs).stdout).toBe("smartmontools.service\n");
    expect(renderNodeSetup(on)).toContain(
      "ConditionPathExists=!/var/lib/pi-monitoring/packages/smartmontools",
    );
  });

  test("are examined by doctor as what is installed", () => {
    const managed = managedOnNode(on);
    expect(managed.packages).toContain("smartmontools");
    expect(managed.units).toContain("pi-monitoring-disks.timer");
    const paths = managed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "/usr/local/lib/pi-monitoring/disk_metrics",
        "/usr/local/lib/pi-monitoring/raspberrypi_power",
      ]),
    );
    expect(managedOnNode(args).files.length).toBe(paths.length - 5);
  });
});
