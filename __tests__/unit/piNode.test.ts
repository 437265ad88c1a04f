import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { PiNode, type PiNodeArgs, renderNodeSetup } from "../../components/node/piNode";
import { exporterUrl } from "../support/arbitraries";
import { exampleSettings } from "../support/exampleSettings";
import { recordResources } from "../support/recordResources";
import { runNodeFunction } from "../support/runNodeFunction";

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

test.each([
  ["b", "apt install --no-install-recommends a c\na\nc\n"],
  ["a b c", ""],
])(
  "of the packages a, b and c, with %s there, the others are installed by one apt and remembered",
  (there, did) => {
    const stub = `
state_folder=$(mktemp -d)
is_installed() { case " ${there} " in *" $1 "*) ;; *) false ;; esac; }
apt_get() { echo "apt $*"; }
say() { ls "$state_folder/packages"; }
wanted() { ensure_packages a b c; rm -r "$state_folder"; }`;
    expect(runNodeFunction(renderNodeSetup(args), "wanted", stub)).toMatchObject({ status: 0, stdout: did });
  },
);

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
