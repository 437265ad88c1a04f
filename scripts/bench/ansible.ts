import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { labFolder } from "../lab/folder";
import type { SshAddress } from "../lab/lab";
import { ensurePrograms } from "../prepare/apt";
import { UserError } from "../terminal/command";
import { repeated, type Measurement } from "./bench";
import { figure, ratios } from "./figure";
import { exporterOnDisk, freshPis } from "./fleet";
import { installByOpenSsh } from "./openSsh";
import { nodeName, Project, settingsOf } from "./project";
import type { Limit, Result } from "./result";
import { run, type Run } from "./run";

const folder = join(labFolder, "bench/ansible");
const playbook = join(__dirname, "ansible/setUp.yml");

/** What its documentation advises for speed. Source: Ansible's configuration settings, `forks` and `pipelining` */
const configuration = `[defaults]
forks = 50
inventory = inventory.yml
[ssh_connection]
pipelining = True
`;

/** Up to how many nodes a second fleet is started for Ansible's first set-up: more take minutes to start. */
const secondFleet = 20;

/** The limits for one number of nodes; without one, a figure is only reported. */
export interface AnsibleLimits {
  readonly first?: Limit;
  readonly unchanged?: Limit;
}

/** Systemd nodes, set up by the program and by Ansible, and once more when nothing has changed. */
export function againstAnsible(count: number, limits: AnsibleLimits): Measurement {
  const nodes = `${count} systemd nodes`;
  const compareFirst = count <= secondFleet;
  return {
    title: `${nodes}, against Ansible`,
    measure: async (bench) => {
      await ensurePrograms({ "ansible-playbook": ["ansible-core"] }, "the comparison", bench.preparation);
      const project = new Project(bench, "nodes");
      const first = await repeated({ ...bench, repeat: compareFirst ? bench.repeat : 1 }, async () => {
        const pis = await freshPis(count, bench);
        const settings = { ...settingsOf(pis), exporter: await exporterOnDisk() };
        await project.reset(settings);
        await writeAnsibleFiles(pis);
        const ours = await project.up("--skip-preview");
        // If Ansible still had something to do, the two would not do the same.
        requireUnchanged(await runPlaybook(), count);
        if (!compareFirst) {
          return { ours: ours.seconds, packages: Number.NaN, other: Number.NaN };
        }
        await freshPis(count, bench);
        const packages = await installByOpenSsh(pis, settings);
        await freshPis(count, bench);
        return { ours: ours.seconds, packages: packages.seconds, other: (await runPlaybook()).seconds };
      });
      const again = await repeated(bench, async () => ({
        ours: (await project.up("--skip-preview")).seconds,
        withPreview: (await project.up()).seconds,
        other: requireUnchanged(await runPlaybook(), count).seconds,
      }));
      const preview = again.map(({ withPreview, other }) => ({ ours: withPreview, other }));
      return [
        ...(compareFirst
          ? [
              timesAsFast(`ansibleFirst${count}`, `first set-up, ${nodes}`, first, limits.first),
              againstApt(`aptFirst${count}`, `first set-up, ${nodes}`, first),
            ]
          : []),
        timesAsFast(`ansibleUnchanged${count}`, `nothing changed, ${nodes}`, again, limits.unchanged),
        timesAsFast(`ansibleUnchangedPreview${count}`, `nothing changed, with preview, ${nodes}`, preview),
      ];
    },
  };
}

/** How many times as fast as Ansible the program is. */
export function timesAsFast(
  name: string,
  title: string,
  runs: readonly { readonly ours: number; readonly other: number }[],
  limit?: Limit,
): Result {
  const ours = runs.map((each) => each.ours);
  const others = runs.map((each) => each.other);
  return {
    name,
    title,
    ours: figure(ours),
    other: { name: "Ansible", seconds: figure(others) },
    figure: figure(ratios(others, ours)),
    unit: "times as fast",
    limit,
  };
}

/** How much longer it takes than the packages alone, which nobody can do without. */
function againstApt(
  name: string,
  title: string,
  runs: readonly { readonly ours: number; readonly packages: number }[],
): Result {
  const ours = runs.map((each) => each.ours);
  const packages = runs.map((each) => each.packages);
  return {
    name,
    title,
    ours: figure(ours),
    other: { name: "OpenSSH with apt alone", seconds: figure(packages) },
    figure: figure(ratios(ours, packages)),
    unit: "times as long",
  };
}

/** The inventory for these nodes, with what the playbook is told about all of them. */
export async function writeAnsibleFiles(nodes: readonly SshAddress[]): Promise<void> {
  const [first] = nodes;
  const exporter = await exporterOnDisk();
  const knownHosts = join(folder, "known_hosts");
  const hosts = nodes.map(({ host, port }, index) => [
    nodeName(index),
    { ansible_host: host, ansible_port: port },
  ]);
  const inventory = {
    all: {
      hosts: Object.fromEntries(hosts) as object,
      vars: {
        ansible_user: first?.user,
        ansible_ssh_private_key_file: first?.key,
        ansible_ssh_extra_args: `-o UserKnownHostsFile=${knownHosts}`,
        exporter_url: exporter.url,
        exporter_sha256: exporter.sha256,
        node_files: join(__dirname, "../../components/node"),
      },
    },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "ansible.cfg"), configuration);
  await writeFile(join(folder, "inventory.yml"), stringify(inventory));
  await writeFile(
    knownHosts,
    nodes.map(({ host, port, hostKey }) => `[${host}]:${port} ${hostKey}\n`).join(""),
  );
}

export async function runPlaybook(): Promise<Run> {
  return run(["ansible-playbook", playbook], { cwd: folder });
}

/** @throws UserError unless the playbook has found all nodes as it would have them */
export function requireUnchanged(playbookRun: Run, count: number): Run {
  const unchanged = playbookRun.output.match(/changed=0 .*unreachable=0 .*failed=0/g) ?? [];
  if (unchanged.length !== count) {
    throw new UserError(
      `Ansible has found something to change on nodes that are set up:\n${playbookRun.output}`,
    );
  }
  return playbookRun;
}
