import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { renderMasterSetup } from "../../components/node/prometheusMaster";
import { renderDownsampling } from "../../components/server/influxdb/downsampling";
import { renderPortalCertificate } from "../../components/server/ingress/portalCertificate";
import { renderTokenRevocation } from "../../components/server/influxdb/tokenRevocation";
import { renderNodeSetup } from "../../components/node/piNode";
import type { NodeSettings } from "../../components/settings/settings";
import { allPresets, exampleSettings } from "../support/exampleSettings";
import { userJobs } from "../support/exampleJobs";
import { byToken, renderedFiles } from "../support/renderedFiles";

const root = join(__dirname, "../..");

function shellcheck(words: readonly string[], input = ""): string {
  return spawnSync("shellcheck", words, { cwd: root, input, encoding: "utf8" }).stdout;
}

const orgId = "0123456789abcdef";
const { nodes, exporter, presets } = exampleSettings(allPresets);
const list = ["--collector.systemd", "--collector.netdev.device-exclude=^(veth|it's $HOME)"];
const withArguments = exampleSettings({ nodeExporter: { arguments: list } }).nodes[1] as NodeSettings;
const rendered = [
  ...Object.entries(renderedFiles).filter(([name]) => name.endsWith(".sh")),
  ["downsampling.sh by a token", renderDownsampling(exampleSettings(), byToken, orgId)],
  [
    "portalCertificate.sh of a portal that signs itself",
    renderPortalCertificate({ host: "t.org", certificates: "local", ours: true }),
  ],
  ["piNode.sh with presets", renderNodeSetup({ exporter, presets, node: nodes[0] as NodeSettings })],
  ["prometheusMaster.sh with jobs of the user's", masterWithJobs()],
  [
    "piNode.sh with arguments of node_exporter",
    renderNodeSetup({ exporter, presets: exampleSettings().presets, node: withArguments }),
  ],
  ["tokenRevocation.sh by a token", renderTokenRevocation(byToken, { stack: "test", idsInUse: [orgId] })],
] as const;

function masterWithJobs(): string {
  const { nodes, prometheus: settings } = exampleSettings();
  const node = nodes[0] as NodeSettings;
  return renderMasterSetup(
    { node, nodes, settings, scrape: userJobs(), remoteWriteUrl: "https://telegraf.example.com/telegraf" },
    "CREDENTIAL",
  );
}

test.each(rendered)("shellcheck accepts %s", (_, content) => {
  // SC2016 sees a `$` in single quotes: a value that was rendered as it should be.
  expect(shellcheck(["--shell=sh", "--exclude=SC2016", "-"], content)).toBe("");
});

const written = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && isShell(join(root, file)));

test.each(written)("shellcheck accepts %s", (file) => {
  expect(shellcheck([file])).toBe("");
});

/** By its name, or by its first line, as the kernel does. */
function isShell(file: string): boolean {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    return false;
  }
  return file.endsWith(".sh") || /^#!.*\b(ba|da)?sh\b/.test(readFileSync(file, "utf8").slice(0, 40));
}
