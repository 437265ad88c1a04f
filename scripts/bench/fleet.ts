import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { ensureDocker } from "../rehearsal/toolchain/docker";
import { builtImage } from "../rehearsal/toolchain/images";
import { UserError } from "../../components/userError";
import { $ } from "../cli/shell";
import { standIn } from "../rehearsal/machines/raspberrypiExporter";
import { machineKeys } from "../rehearsal/machines/keys";
import { checkout, ensureNetwork, machineImage, type SshAddress } from "../rehearsal/machines/machines";
import {
  containerOf,
  ensureMachine,
  exec,
  waitForService,
  type Machine,
} from "../rehearsal/machines/machine";
import type { Bench } from "./bench";

// Beyond the ports of the rehearsal, and below those of outgoing connections.
const firstPort = 23000;
const loginPort = 22900;
/** Machines that start at a time: more would only wait for the processor. */
const startsAtATime = 4;

/**
 * Simulated Pis as they come from their image: `count` new ones in place of those that were there.
 *
 * @param optionsOf further options of `docker create` for each
 */
export async function freshPis(
  count: number,
  bench: Bench,
  optionsOf: (index: number) => readonly string[] = () => [],
): Promise<SshAddress[]> {
  const image = await pythonImage(bench);
  await removeNodes();
  await allowWatches(count, bench);
  const machines = Array.from({ length: count }, (_, index) => ({
    name: nodeMachine(index),
    aliases: [],
    image,
    ports: [`${firstPort + index}:22`],
    options: ["--tmpfs", "/sys/class/thermal", ...optionsOf(index)],
  }));
  const addresses = await startMachines(machines, bench);
  await Promise.all(
    // Until nothing of the boot runs any more; where a unit has failed, the answer is no success.
    machines.map(({ name }) =>
      exec(name, ["sh", "-c", "timeout 120 systemctl is-system-running --wait || true"]),
    ),
  );
  return addresses;
}

/** The name of the machine that plays a node. */
export function nodeMachine(index: number): string {
  return `bench-${index}`;
}

/**
 * One sshd that plays `count` nodes: it takes every login and the script that comes with it, and runs none of it. What
 * it costs is what logging in costs.
 */
export async function loginServer(count: number, bench: Bench): Promise<SshAddress[]> {
  const image = await machineImage("pi", "bookworm", bench.preparation);
  await removeNodes();
  const machine = { name: "bench-login", aliases: [], image, ports: [`${loginPort}:22`], options: [] };
  const [address] = await startMachines([machine], bench);
  // A node of its own has limits of its own, which one login never meets.
  const settings = "MaxStartups 10000\nForceCommand cat >/dev/null\n";
  await exec(machine.name, ["tee", "/etc/ssh/sshd_config.d/bench.conf"], settings);
  await exec(machine.name, ["systemctl", "restart", "ssh"]);
  return Array.from({ length: count }, () => address).filter((each) => each !== undefined);
}

/** What systemd and what it starts watch files with: the kernel gives a user 128 by default, enough for 20 machines. */
async function allowWatches(machines: number, { preparation }: Bench): Promise<void> {
  const file = "/proc/sys/fs/inotify/max_user_instances";
  const wanted = 256 + 8 * machines;
  const allowed = Number(await readFile(file, "utf8"));
  if (allowed < wanted) {
    const question = `Let a user of this machine have ${wanted} inotify instances until the next boot, and not ${allowed}?`;
    if (!(await preparation.confirm(question))) {
      throw new UserError(`${machines} machines with systemd need that.`);
    }
    await writeFile(file, `${wanted}\n`);
  }
}

/** Removes the machines that were started here. */
export async function removeNodes(): Promise<void> {
  const ours = ["--filter", `name=^/${containerOf("bench-")}`];
  const { stdout } = await $`docker ps --all --quiet ${ours}`;
  const ids = stdout.split("\n").filter((id) => id !== "");
  if (ids.length > 0) {
    await $`docker rm --force --volumes ${ids}`;
  }
}

/** The exporter script on the nodes' own disk. */
export async function exporterOnDisk(): Promise<{ url: string; sha256: string }> {
  const sha256 = createHash("sha256")
    .update(await readFile(standIn))
    .digest("hex");
  return { url: "file:///srv/downloads/raspberrypi_exporter", sha256 };
}

/** Starts machines that are not there yet, and waits until they accept logins. */
export async function startMachines(
  machines: readonly Machine[],
  { preparation }: Bench,
): Promise<SshAddress[]> {
  await ensureDocker(preparation);
  await ensureNetwork();
  const keys = await machineKeys(["bench"]);
  const hosts = Object.fromEntries(machines.map(({ name }) => [name, keys.hosts["bench"] ?? keys]));
  const waiting = [...machines];
  const startSome = async (): Promise<void> => {
    for (let machine = waiting.shift(); machine !== undefined; machine = waiting.shift()) {
      await ensureMachine(machine, { ...keys, hosts }, checkout);
      await waitForService(machine.name, "ssh");
    }
  };
  await Promise.all(Array.from({ length: startsAtATime }, startSome));
  return machines.map(({ name, ports }) => ({
    host: "127.0.0.1",
    port: Number.parseInt(ports[0] ?? "", 10),
    user: "pi",
    key: keys.path,
    hostKey: hosts[name]?.public ?? "",
  }));
}

/** The image of the Pis: that of the rehearsal, with what Ansible needs. */
export async function pythonImage({ preparation }: Bench): Promise<string> {
  const base = await machineImage("pi", "bookworm", preparation);
  const recipe = { name: "pi-python", tag: "bookworm", base, files: [standIn] };
  return builtImage(recipe, preparation.report);
}
