import { $ as zx } from "zx";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { clearInterruption } from "../../../scripts/stack/interruption";
import { openStack } from "../../../scripts/rehearsal/openStack";
import type { Stack } from "../../../scripts/stack/stack";
import { expectSuccess } from "../../support/expectSuccess";
import { changeSetting, expectHealthy } from "../support/rehearsal";

const $ = zx({ quiet: true, nothrow: true });
const unattended = ["--yes", "--non-interactive", "--skip-preview"];

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

async function pulumi(...words: string[]): Promise<void> {
  expectSuccess({ ...(await stack.capture(...words, ...unattended)) });
}

async function onMaster(script: string): Promise<void> {
  await exec("kube-0", ["sh", "-c", script]);
}

beforeAll(async () => {
  const { exitCode, stdall } = await $`npm start -- --yes`;
  expectSuccess({ exitCode, stdall });
  stack = await openStack("dev");
  await clearInterruption(stack);
  // InfluxDB takes the names of its organization and its admin once.
  await pulumi("destroy");
  // Docker's own file cannot be replaced.
  await onMaster(
    `address=$(getent hosts vps.local | cut -d ' ' -f 1) && echo "$address telegraf.${domain}" >>/etc/hosts`,
  );
  await changeSetting("influxdb", () => influxdb);
  await changeSetting<object>("prometheus", (prometheus) => ({ ...prometheus, monitor }));
  await changeSetting("domain", () => domain);
  await changeSetting("names", () => undefined);
  await changeSetting<{ name: string }[]>("nodes", (nodes) =>
    nodes.map((node) => (node.name === "kube-0" ? { ...node, name: master } : node)),
  );
});

afterAll(async () => {
  await pulumi("destroy");
  await onMaster(`sed "/telegraf.${domain}/d" /etc/hosts >/tmp/hosts && cat /tmp/hosts >/etc/hosts`);
  const { exitCode, stdall } = await $`npm start -- --yes`;
  expectSuccess({ exitCode, stdall });
});

test("a stack with the longest names is set up, and doctor finds nothing", async () => {
  expect(`telegraf.${domain}`).toHaveLength(64);
  const { exitCode, stdall } = await $`npm run --silent deploy -- dev --yes`;
  expectSuccess({ exitCode, stdall });
  await expectHealthy(stack);
});

test("nothing changes the second time", async () => {
  await pulumi("up", "--refresh", "--expect-no-changes");
});

test("every credential is rotated", async () => {
  const { exitCode, stdall } = await $`npm run --silent rotate -- all`;
  expectSuccess({ exitCode, stdall });
  await expectHealthy(stack);
});
