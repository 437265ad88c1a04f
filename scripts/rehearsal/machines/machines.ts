import { rm } from "node:fs/promises";
import type { Preparation } from "../../cli/progress";
import { debianImage, type DebianRelease } from "../toolchain/debian";
import { ensureDocker } from "../toolchain/docker";
import { builtImage } from "../toolchain/images";
import { services } from "../../../components/settings/serviceNames";
import { UserError } from "../../../components/userError";
import { type Part } from "../toolchain/part";
import { $ } from "../../cli/shell";
import { exporterPart, standInExporter } from "./raspberrypiExporter";
import { fingerprint } from "../fingerprint";
import { rehearsalFolder, ports } from "../instance";
import { machineKeys } from "./keys";
import {
  engineOptions,
  ensureMachine,
  labels,
  network,
  rehearsalLabel,
  waitForService,
  type Machine,
} from "./machine";
import { imageNames, loadImages, serverImages } from "./serverImages";

/** Where a machine of the rehearsal answers SSH. */
export interface SshAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The path of the private key. */
  readonly key: string;
  /** The machine's own public key, without a comment. */
  readonly hostKey: string;
}

/** A rehearsal's machines that run. */
export interface Machines {
  /** The settings of the stack that only they know. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly parts: readonly Part[];
}

const domain = "pi.test";
const vps = { name: "vps", host: "vps.local", sshPort: ports.vpsSsh, httpsPort: ports.vpsHttps } as const;
/** The Pis of the rehearsal; the first one is the master. */
export const pis = [
  { name: "kube-0", host: "kube-0.local", sshPort: ports.piSsh[0], release: "bookworm" },
  { name: "kube-1", host: "kube-1.local", sshPort: ports.piSsh[1], release: "bookworm" },
  { name: "kube-2", host: "kube-2.local", sshPort: ports.piSsh[2], release: "trixie" },
] as const;

const dockerVolume = `${network}-docker`;
const containerdVolume = `${network}-containerd`;
/** Identifies the rehearsal of this checkout, without its path. */
export const checkout = fingerprint(rehearsalFolder);
/** For `docker ps`: the machines of this rehearsal, of any checkout. */
const ofRehearsal = `label=${rehearsalLabel}`;
const otherCheckoutError = new UserError(
  `The rehearsal of another checkout of this repository is on this Docker engine: end it there with \`npm run down\`. (If that checkout is gone: docker rm --force --volumes $(docker ps --all --quiet --filter ${ofRehearsal}); docker network rm ${network}; docker volume rm ${dockerVolume} ${containerdVolume})`,
);

/** Starts the machines of the rehearsal that do not run yet. */
export async function startMachines(preparation: Preparation): Promise<Machines> {
  const docker = await ensureDocker(preparation);
  await clearOtherCheckout(preparation);
  // Side by side: the machines wait for the network, and what is built waits for the processor.
  const [machines, servers] = await Promise.all([prepareMachines(preparation), serverImages(preparation)]);
  const keys = await machineKeys(machines.map((machine) => machine.name));

  preparation.report("starting the VPS and the Pis (about 10 s)");
  await ensureNetwork();
  await $`docker volume create ${labels(checkout)} ${dockerVolume}`;
  await $`docker volume create ${labels(checkout)} ${containerdVolume}`;
  await Promise.all(machines.map((machine) => ensureMachine(machine, keys, checkout)));
  await Promise.all(machines.map((machine) => waitForService(machine.name, "ssh")));
  await waitForService(vps.name, "docker");
  const images = imageNames(servers);
  await loadImages(vps.name, Object.values(images), preparation.report);

  const exporter = await standInExporter(vps.host);
  const address = (machine: { name: string; sshPort: number }, user: string): SshAddress => ({
    host: "127.0.0.1",
    port: machine.sshPort,
    user,
    key: keys.path,
    hostKey: keys.hosts[machine.name]?.public ?? "",
  });
  const nodes = pis.map((pi, index) => {
    const { host: sshHost, port: sshPort, ...login } = address(pi, "pi");
    return { name: pi.name, host: pi.host, sshHost, sshPort, ...login, master: index === 0 };
  });
  return {
    settings: { domain, vps: address(vps, "root"), nodes, images, exporter },
    parts: [
      docker,
      await debianImage("bookworm", preparation),
      await debianImage("trixie", preparation),
      ...Object.values(servers),
      exporterPart(exporter),
    ],
  };
}

/** Removes everything that `startMachines` made, but for the images. */
export async function stopMachines(): Promise<void> {
  if (await belongsToOtherCheckout()) {
    throw otherCheckoutError;
  }
  await removeMachines();
  await rm(rehearsalFolder, { recursive: true, force: true });
}

async function removeMachines(): Promise<void> {
  await removeAll($`docker ps --all --quiet --filter ${ofRehearsal}`, [
    "docker",
    "rm",
    "--force",
    "--volumes",
  ]);
  await removeAll($`docker volume ls --quiet --filter ${ofRehearsal}`, ["docker", "volume", "rm"]);
  await removeAll($`docker network ls --quiet --filter ${ofRehearsal}`, ["docker", "network", "rm"]);
}

async function removeAll(list: Promise<{ stdout: string }>, remove: readonly string[]): Promise<void> {
  const ids = (await list).stdout.split("\n").filter((id) => id !== "");
  if (ids.length > 0) {
    await $`${remove} ${ids}`;
  }
}

async function prepareMachines(preparation: Preparation): Promise<Machine[]> {
  const images = {
    bookworm: await machineImage("pi", "bookworm", preparation),
    trixie: await machineImage("pi", "trixie", preparation),
    vps: await vpsImage(preparation),
  };
  return [
    {
      name: vps.name,
      aliases: [vps.host, ...services.map((service) => `${service}.${domain}`)],
      image: images.vps,
      ports: [`${vps.sshPort}:22`, `${vps.httpsPort}:443`],
      options: [
        ...engineOptions,
        // An engine's images cannot lie on a container's own file system.
        ...["--volume", `${dockerVolume}:/var/lib/docker`],
        ...["--volume", `${containerdVolume}:/var/lib/containerd`],
      ],
    },
    ...pis.map((pi) => ({
      name: pi.name,
      aliases: [pi.host],
      image: images[pi.release],
      ports: [`${pi.sshPort}:22`],
      // The folder is for simulated sensors. With the capability, root sees which process has a port.
      options: ["--tmpfs", "/sys/class/thermal", "--cap-add", "SYS_PTRACE"],
    })),
  ];
}

/** The image of what plays a machine of the rehearsal: a folder in images/. */
export async function machineImage(
  name: "pi" | "vps",
  release: DebianRelease,
  preparation: Preparation,
): Promise<string> {
  const debian = await debianImage(release, preparation);
  const { report } = preparation;
  const machine = await builtImage({ name: "machine", tag: release, base: debian.location }, report);
  return builtImage({ name, tag: release, base: machine }, report);
}

/** The VPS has the Docker engine of a Debian release; that of trixie is set up to be as strict as Docker 29. */
async function vpsImage(preparation: Preparation): Promise<string> {
  const release = process.env["PI_MONITORING_VPS"] ?? "bookworm";
  if (release !== "bookworm" && release !== "trixie") {
    throw new UserError(
      `PI_MONITORING_VPS = ${JSON.stringify(release)}: must be bookworm or trixie, or unset.`,
    );
  }
  const plain = await machineImage("vps", release, preparation);
  return release === "trixie"
    ? builtImage({ name: "vps-strict", tag: release, base: plain }, preparation.report)
    : plain;
}

/** The network of all machines. */
export async function ensureNetwork(): Promise<void> {
  const found = await $({ nothrow: true })`docker network inspect ${network}`;
  if (found.exitCode !== 0) {
    await $`docker network create ${labels(checkout)} ${network}`;
  }
}

/**
 * Machines of another checkout have the names and ports of ours. Those that run are in use. Stopped ones are left from
 * before a restart of Docker, and may be removed.
 */
async function clearOtherCheckout({ report, confirm }: Preparation): Promise<void> {
  if (!(await belongsToOtherCheckout())) {
    return;
  }
  const { stdout: running } = await $`docker ps --quiet --filter ${ofRehearsal}`;
  if (
    running.trim() !== "" ||
    !(await confirm("This Docker engine has the stopped rehearsal of another checkout. Remove it?"))
  ) {
    throw otherCheckoutError;
  }
  report("removing the stopped rehearsal of another checkout");
  await removeMachines();
}

async function belongsToOtherCheckout(): Promise<boolean> {
  const format = '{{index .Labels "pi-monitoring.checkout"}}';
  const { stdout } = await $({ nothrow: true })`docker network inspect --format ${format} ${network}`;
  return !["", checkout].includes(stdout.trim());
}
