import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { PiNode, type PiNodeArgs, renderNodeSetup } from "../../components/node/piNode";
import { exporterUrl } from "../support/arbitraries";
import { exampleSettings } from "../support/exampleSettings";
import { recordResources } from "../support/recordResources";
import { runNodeFunction } from "../support/runNodeFunction";
import type { ScriptResult } from "../support/runScript";
import { temporaryFolder } from "../support/temporaryFolder";

const { nodes, exporter } = exampleSettings();
const args = { node: nodes[1], exporter } as PiNodeArgs;

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

test.each([
  ["enabled", "active", []],
  ["disabled", "active", ["enable --quiet unit"]],
  ["enabled", "inactive", ["start unit"]],
  ["disabled", "inactive", ["enable --quiet unit", "start unit"]],
])("a unit that is %s and %s gets what it lacks", (enabled, active, expected) => {
  const stubs = `
systemctl() {
  case $1 in
    is-enabled) [ ${enabled} = enabled ] ;;
    is-active) [ ${active} = active ] ;;
    *) echo "$*" ;;
  esac
}
wanted() { ensure_started unit; }`;
  const { status, stdout } = runNodeFunction(renderNodeSetup(args), "wanted", stubs);
  expect([status, stdout]).toEqual([0, expected.map((line) => `${line}\n`).join("")]);
});

test("script and units are written as they are", () => {
  const stub = `ensure_file() { printf '%s\\0' "$@"; }\nsystemctl() { :; }`;
  const { stdout } = runNodeFunction(renderNodeSetup(args), "ensure_files", stub);
  const content = (name: string): string =>
    readFileSync(join(__dirname, "../../components/node", name), "utf8");
  const unit = (name: string, source = name): string[] => [
    `/etc/systemd/system/${name}`,
    "0644",
    "root:root",
    content(source),
  ];
  expect(stdout.split("\0").slice(0, -1)).toEqual([
    ...["metrics", "throttled"].flatMap((name) => [
      `/usr/local/sbin/raspberrypi_${name}`,
      "0755",
      "root:root",
      content(`raspberrypi_${name}.sh`),
    ]),
    ...unit("raspberrypi_exporter.service"),
    ...unit("raspberrypi_exporter.timer"),
    ...unit("var-lib-prometheus-node\\x2dexporter.mount", "textfiles.mount"),
  ]);
});

/** Stubs for a machine with some packages and an apt, and `wanted`, which installs a, b and c. */
function machine(there: string, apt: string): string {
  return `
state_folder=$(mktemp -d)
mkdir "$state_folder/there" "$state_folder/packages"
for package in ${there}; do : >"$state_folder/there/$package"; done
is_installed() { [ -e "$state_folder/there/$1" ]; }
installs() { for each in "$@"; do : >"$state_folder/there/$each"; done; }
apt_get() { echo "apt $*"; ${apt}; }
wanted() {
  trap 'echo "ours: $(ls -x "$state_folder/packages")"; rm -r "$state_folder"' EXIT
  ensure_packages a b c
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
    const library = script.slice(0, script.indexOf("# ensure_file PATH MODE"));
    const input = `PATH='${folder}':$PATH\n${library}\nsleep() { :; }\n${wanted}`;
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
state_folder='${folder}/state' && mkdir -p "$state_folder/packages" && : >"$state_folder/packages/a"
remove_package a && ls "$state_folder/packages"`;

  test.each([
    ["nothing else", "", "kube-1: removed a\n", 2],
    ["another one", "Remv other [1.0]", "kube-1: keeps a, on which other depends\n", 1],
  ])("a package of ours that %s needs is removed, or kept", (_, line, said, times) => {
    const { status, stdout } = withApt(
      `if [ "\${simulated:-}" = true ]; then printf '%s\n' "${line}" 'Purg a [1.0]'; fi`,
      removes,
    );
    expect([status, stdout, calls()]).toEqual([0, said, times]);
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
  { collectors: "ours", removed: true },
  { collectors: "somebody else's, and stay", removed: false },
])("what apt's collector wrote is removed with it: $collectors", ({ removed }) => {
  const stub = `
systemctl() { :; }
restore_original() { :; }
remove_package() { :; }
find() { :; }
rm() { echo "$@"; }
is_installed() { return ${removed ? 1 : 0}; }`;
  const { stdout } = runNodeFunction(renderNodeSetup(args), "remove", stub);
  expect(stdout.includes("-f /var/lib/prometheus/node-exporter/apt.prom\n")).toBe(removed);
});
