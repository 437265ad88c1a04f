// Runs only when it is named, see scripts/tools/suites.ts.
import { clearInterruption } from "../../../scripts/stack/interruption";
import type { Stack } from "../../../scripts/stack/stack";
import { runOrFail } from "../../support/commands";
import { shell } from "../support/machines";
import { deploy, expectHealthy, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

/** A text with this beginning that has as many characters as the settings allow. */
function longest(beginning: string, filler: string): string {
  return beginning + filler.repeat(64 - Array.from(beginning).length);
}

const influxdb = {
  org: longest("😀&<>'${}|`$(#)%é", "ü"),
  bucket: longest("b", "🍇"),
  adminUser: longest("", "a"),
};
const monitor = longest("~!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ {{ label }} $1", "m");
/** The longest name of the server, and so that of a certificate, has 64 characters. */
const domain = `${"d".repeat(40)}.${"e".repeat(9)}.test`;
const master = "k".repeat(63);

let stack: Stack;

beforeAll(async () => {
  stack = await startRehearsal();
  await clearInterruption(stack);
  // InfluxDB takes the names of its organization and its admin once.
  await pulumiOrFail(stack, "destroy");
  // No alias of the VPS in the rehearsal's network, and the master sends its samples to it.
  await shell(
    "kube-0",
    `address=$(getent hosts vps.local | cut -d ' ' -f 1) && echo "$address telegraf.${domain}" >>/etc/hosts`,
  );
  await changeSetting("influxdb", () => influxdb);
  await changeSetting<object>("prometheus", (prometheus) => ({ ...prometheus, monitor }));
  await changeSetting("domain", () => domain);
  await changeSetting("names", () => undefined);
  const nodes = await readSetting<readonly { name: string }[]>("nodes");
  await changeSetting("nodes", () =>
    nodes.map((node) => (node.name === "kube-0" ? { ...node, name: master } : node)),
  );
});

afterAll(async () => {
  await pulumiOrFail(stack, "destroy");
  // Docker mounts this file, so that it can be written to and not be replaced, as by `sed -i`.
  await shell("kube-0", `sed "/telegraf.${domain}/d" /etc/hosts >/tmp/hosts && cat /tmp/hosts >/etc/hosts`);
  await startRehearsal();
});

test("a stack with the longest names is set up, and doctor finds nothing", async () => {
  expect(`telegraf.${domain}`).toHaveLength(64);
  await deploy();
  await expectHealthy(stack);
});

test("nothing changes the second time", async () => {
  await pulumiOrFail(stack, "up", "--refresh", "--expect-no-changes");
});

test("every credential is rotated", async () => {
  await runOrFail("rotate", ["all"]);
  await expectHealthy(stack);
});
