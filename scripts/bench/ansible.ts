import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { renderNodeExporterUnit } from "../../components/node/piNode";
import { parseSettings } from "../../components/settings/settings";
import { rehearsalFolder } from "../rehearsal/instance";
import type { SshAddress } from "../rehearsal/machines/machines";
import { ensurePrograms } from "../rehearsal/toolchain/apt";
import { UserError } from "../../components/userError";
import { type Bench, repeated, type Measurement } from "./bench";
import { figure, ratios } from "./figure";
import { exporterOnDisk, freshPis } from "./fleet";
import { installByOpenSsh } from "./openSsh";
import { configurationOf, nodeName, Project, settingsOf } from "./project";
import type { Limit, Result } from "./result";
import { run, type Run } from "./run";

const folder = join(rehearsalFolder, "bench/ansible");
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
      const fleet = new AnsibleFleet(count, project, bench);
      const first = compareFirst ? await repeated(bench, () => fleet.compareFirst()) : [];
      if (!compareFirst) {
        await fleet.setUpAnew();
      }
      const again = await repeated(bench, async () => ({
        ours: (await project.up("--skip-preview")).seconds,
        withPreview: (await project.up()).seconds,
        other: requireUnchanged(await runPlaybook(), count).seconds,
      }));
      const preview = again.map(({ withPreview, other }) => ({ ours: withPreview, other }));
      return [
        ...(compareFirst ? firstResults(count, first, limits.first) : []),
        timesAsFast(`ansibleUnchanged${count}`, `nothing changed, ${nodes}`, again, limits.unchanged),
        timesAsFast(`ansibleUnchangedPreview${count}`, `nothing changed, with preview, ${nodes}`, preview),
      ];
    },
  };
}

/** How many times as fast as Ansible the program is. */
export function timesAsFast(name: string, title: string, runs: readonly Pair[], limit?: Limit): Result {
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

/** Seconds of both. */
interface Pair {
  readonly ours: number;
  readonly other: number;
}

interface FirstSetUps {
  /** Of nodes that lack the packages. */
  readonly whole: Pair;
  /** Of nodes that have them. */
  readonly installed: Pair;
  /** What the packages alone take, which every set-up needs. */
  readonly packages: number;
}

/** Systemd nodes that are replaced before each first set-up. */
class AnsibleFleet {
  constructor(
    private readonly count: number,
    private readonly project: Project,
    private readonly bench: Bench,
  ) {}

  async compareFirst(): Promise<FirstSetUps> {
    const ours = await this.setUpAnew();
    const packages = await this.installAnew();
    const oursInstalled = await this.setUp(packages.pis);
    await this.installAnew();
    const otherInstalled = await runPlaybook();
    await this.fresh();
    const other = await runPlaybook();
    return {
      whole: { ours, other: other.seconds },
      installed: { ours: oursInstalled, other: otherInstalled.seconds },
      packages: packages.seconds,
    };
  }

  /** How many seconds the program takes for nodes as they come from their image. */
  async setUpAnew(): Promise<number> {
    const seconds = await this.setUp(await this.fresh());
    // If Ansible still had something to do, the two would not do the same.
    requireUnchanged(await runPlaybook(), this.count);
    return seconds;
  }

  private async setUp(pis: readonly SshAddress[]): Promise<number> {
    await this.project.reset({ ...settingsOf(pis), exporter: await exporterOnDisk() });
    return (await this.project.up("--skip-preview")).seconds;
  }

  private async installAnew(): Promise<{ pis: SshAddress[]; seconds: number }> {
    const pis = await this.fresh();
    return { pis, seconds: (await installByOpenSsh(pis, settingsOf(pis))).seconds };
  }

  private async fresh(): Promise<SshAddress[]> {
    const pis = await freshPis(this.count, this.bench);
    await writeAnsibleFiles(pis);
    return pis;
  }
}

function firstResults(count: number, setUps: readonly FirstSetUps[], limit: Limit | undefined): Result[] {
  const title = `first set-up, ${count} systemd nodes`;
  const whole = setUps.map((each) => each.whole);
  const installed = setUps.map((each) => each.installed);
  const ours = whole.map((each) => each.ours);
  const packages = setUps.map((each) => each.packages);
  return [
    timesAsFast(`ansibleFirst${count}`, title, whole, limit),
    timesAsFast(`ansibleFirstInstalled${count}`, `${title} that have the packages`, installed, limit),
    {
      name: `aptFirst${count}`,
      title,
      ours: figure(ours),
      other: { name: "OpenSSH with apt alone", seconds: figure(packages) },
      figure: figure(ratios(ours, packages)),
      unit: "times as long",
    },
  ];
}

/** The inventory for these nodes, with the variables of all of them. */
export async function writeAnsibleFiles(nodes: readonly SshAddress[]): Promise<void> {
  const [first] = nodes;
  const exporter = await exporterOnDisk();
  const knownHosts = join(folder, "known_hosts");
  const nodeExporterUnit = join(folder, "pi-monitoring-node-exporter.service");
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
        node_files: join(__dirname, "../../components/node/files"),
        node_exporter_unit: nodeExporterUnit,
      },
    },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "ansible.cfg"), configuration);
  await writeFile(join(folder, "inventory.yml"), stringify(inventory));
  await writeFile(nodeExporterUnit, renderUnit(nodes));
  await writeFile(
    knownHosts,
    nodes.map(({ host, port, hostKey }) => `[${host}]:${port} ${hostKey}\n`).join(""),
  );
}

/** The unit of node_exporter, which is the same on all of them. */
function renderUnit(pis: readonly SshAddress[]): string {
  const [node] = parseSettings("bench", configurationOf(settingsOf(pis.slice(0, 1)))).nodes;
  if (node === undefined) {
    throw new Error("there must be a node");
  }
  return renderNodeExporterUnit(node);
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
