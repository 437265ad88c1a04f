import { execFileSync } from "node:child_process";
import { renderNodeSetup } from "../../components/node/piNode";
import type { NodeSettings } from "../../components/settings/settings";
import { exampleSettings } from "../support/exampleSettings";
import { runNodeFunction } from "../support/runNodeFunction";
import type { ScriptResult } from "../support/runScript";

/** Checks arguments by Debian's node_exporter, as kube-1 does, but as the user of the test. */
function check(list: readonly string[], stubs = ""): ScriptResult {
  const { nodes, exporter, presets } = exampleSettings({ nodeExporter: { arguments: list } });
  const program = execFileSync("sh", ["-c", "command -v prometheus-node-exporter"], { encoding: "utf8" });
  // The first line of a command that goes on in the next one.
  const userSwitch = /setpriv --reuid prometheus .*\\\n/;
  const script = renderNodeSetup({ node: nodes[1] as NodeSettings, exporter, presets });
  expect(script).toMatch(userSwitch);
  const here = script.replace(userSwitch, "").replaceAll("/usr/bin/prometheus-node-exporter", program.trim());
  return runNodeFunction(here, "check_arguments", stubs);
}

test.each([
  [["--collector.systemd", "--no-collector.wifi", "--log.level=error"]],
  [["--collector.filesystem.mount-points-exclude=^/(dev|proc)"]],
  [["--web.disable-exporter-metrics", "--log.format=json"]],
  [[`--collector.netdev.device-exclude=^(veth.*|a b"c'$HOME%h\\d\`)$`]],
])("node_exporter takes %j", (list) => {
  expect(check(list)).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test.each([
  [["--no-collector.wifi", "--collector.nope"], "--collector.nope", "unknown long flag '--collector.nope'"],
  [["--collector.systemd=true"], "--collector.systemd=true", "unexpected true"],
  [["--web.max-requests=x", "--collector.systemd"], "--web.max-requests=x", "strconv.ParseFloat"],
  [
    ["--collector.systemd", "--collector.systemd.unit-include=(a b"],
    "--collector.systemd.unit-include=(a b",
    "regexp: Compile",
  ],
  [
    ["--collector.ntp", "--collector.ntp.server-is-local", "--collector.ntp.protocol-version=9"],
    "--collector.ntp.protocol-version=9",
    "Couldn't create metrics handler",
  ],
])("node_exporter refuses one of %j", (list, name, reason) => {
  const { status, stdout, stderr } = check(list);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(`kube-1: node_exporter does not take ${name}: ${reason}`);
  expect(stderr.trim()).toMatch(
    /\. Its unit stays as it is: change nodeExporter\.arguments, of this node or of all$/,
  );
});

test("arguments that a unit has already are not tried", () => {
  // As if the file of the unit were already as wanted.
  expect(check(["--collector.nope"], "has_content() { :; }")).toMatchObject({ status: 0, stderr: "" });
});
