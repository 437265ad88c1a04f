import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { managedOnNode, type PiNodeArgs, renderNodeSetup } from "../../components/node/piNode";
import { parseSettings } from "../../components/settings/settings";
import { rehearsalFolder } from "../rehearsal/instance";
import type { SshAddress } from "../rehearsal/machines/machines";
import { configurationOf, type ProjectSettings } from "./project";
import { run, type Run } from "./run";

const folder = join(rehearsalFolder, "bench/openssh");

/** Logins at a time, as facts of earlier runs; with more they only wait for this machine's processor. */
const logins = 32;

/**
 * The limit: plain OpenSSH, which logs in to every node once and hands it the script that the program does.
 *
 * @param settings those of the program, of which the script is rendered
 */
export async function logInByOpenSsh(nodes: readonly SshAddress[], settings: ProjectSettings): Promise<Run> {
  return runByOpenSsh(nodes, renderNodeSetup(firstNode(settings)));
}

/** The limit where packages are missing: apt, and nothing else. */
export async function installByOpenSsh(
  nodes: readonly SshAddress[],
  settings: ProjectSettings,
): Promise<Run> {
  const { packages } = managedOnNode(firstNode(settings));
  const install = `apt-get -qq install --no-install-recommends ${packages.join(" ")} </dev/null`;
  return runByOpenSsh(nodes, `export DEBIAN_FRONTEND=noninteractive\n${install}\n`);
}

function firstNode(settings: ProjectSettings): PiNodeArgs {
  const {
    nodes: [node],
    exporter,
    presets,
  } = parseSettings("bench", configurationOf(settings));
  if (node === undefined) {
    throw new Error("there must be a node");
  }
  return { node, exporter, presets };
}

/** Runs a script on all nodes as the program does, by one login each. */
async function runByOpenSsh(nodes: readonly SshAddress[], script: string): Promise<Run> {
  const [first] = nodes;
  if (first === undefined) {
    throw new Error("there must be a node");
  }
  await mkdir(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  await writeFile(file("node.sh"), script);
  await writeFile(
    file("known_hosts"),
    nodes.map(({ host, port, hostKey }) => `[${host}]:${port} ${hostKey}\n`).join(""),
  );
  await writeFile(file("nodes"), nodes.map(({ user, host, port }) => `${user}@${host} ${port}\n`).join(""));
  const ssh = `exec ssh -F none -i ${first.key} -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=known_hosts`;
  const login = `${ssh} -p "$1" "$0" "sudo -n timeout 900 sh -s -- apply" <node.sh`;
  return run(["xargs", "--arg-file=nodes", `--max-procs=${logins}`, "--max-args=2", "sh", "-c", login], {
    cwd: folder,
  });
}
