import { retry } from "zx";
import { $ } from "../../cli/shell";
import { UserError } from "../../../components/userError";
import { fingerprint } from "../fingerprint";
import { instanceSuffix } from "../instance";
import type { SshKeys } from "./keys";

/** The network of the rehearsal's machines, and the prefix of the names of their containers and volumes. */
export const network = `pi-monitoring-dev${instanceSuffix}`;
/** The label of every container, network and volume that this rehearsal makes on the local engine. */
export const rehearsalLabel = `pi-monitoring.stack=dev${instanceSuffix}`;

/** One machine of the rehearsal. */
export interface Machine {
  readonly name: string;
  /** The names by which the other machines reach it. */
  readonly aliases: readonly string[];
  readonly image: string;
  /** `host:container`, bound to the loopback address alone. */
  readonly ports: readonly string[];
  /** Further options of `docker create`. */
  readonly options: readonly string[];
}

/** What systemd needs as PID 1 of a container that is not privileged. */
const systemd = [
  ["--cap-add", "SYS_ADMIN"],
  ["--security-opt", "seccomp=unconfined"],
  ["--security-opt", "apparmor=unconfined"],
  ["--cgroupns", "host"],
  ["--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"],
  ["--tmpfs", "/run"],
  ["--tmpfs", "/run/lock"],
  ["--tmpfs", "/tmp"],
  // The databases on the VPS take their time to write everything down.
  ["--stop-timeout", "60"],
].flat();

/** What a machine needs beyond that to have a Docker engine of its own. */
export const engineOptions = ["NET_ADMIN", "NET_RAW", "MKNOD", "SYS_PTRACE"].flatMap((capability) => [
  "--cap-add",
  capability,
]);

/** The container on the local engine that plays a machine. */
export function containerOf(name: string): string {
  return `${network}-${name}`;
}

/**
 * The labels of what this rehearsal makes, as options of `docker create`.
 *
 * @param checkout identifies the checkout of the repository that the rehearsal is of, as another one on the same engine has
 *   the same names
 */
export function labels(checkout: string): string[] {
  return ["--label", rehearsalLabel, "--label", `pi-monitoring.checkout=${checkout}`];
}

/** Creates and starts a machine; one that differs from what is wanted is replaced. */
export async function ensureMachine(machine: Machine, keys: SshKeys, checkout: string): Promise<void> {
  const container = containerOf(machine.name);
  const hostKey = keys.hosts[machine.name];
  if (hostKey === undefined) {
    throw new Error(`There is no host key for the machine ${machine.name}.`);
  }
  const wanted = [
    ...systemd,
    ...["--hostname", machine.name, "--network", network],
    ...machine.aliases.flatMap((alias) => ["--network-alias", alias]),
    ...machine.ports.flatMap((port) => ["--publish", `127.0.0.1:${port}`]),
    ...machine.options,
    machine.image,
  ];
  const current = fingerprint(...wanted, keys.public, hostKey.public);
  const found = await $({
    nothrow: true,
  })`docker container inspect --format ${'{{index .Config.Labels "pi-monitoring.made"}} {{.State.Running}}'} ${container}`;
  const [previous, running] = found.stdout.trim().split(" ");
  if (previous === current && running === "true") {
    return;
  }
  if (previous !== current) {
    await $({ nothrow: true })`docker rm --force --volumes ${container}`;
    await $`docker create --name ${container} --label pi-monitoring.made=${current} ${labels(checkout)} ${wanted}`;
  }
  await $`docker cp ${keys.authorizedKeys} ${container}:/etc/ssh/authorized_keys`;
  await $`docker cp ${hostKey.path} ${container}:/etc/ssh/host_key`;
  await $`docker start ${container}`;
}

/** Runs `argv` in a machine as root and returns what it prints. */
export async function exec(name: string, argv: readonly string[], input = ""): Promise<string> {
  const { stdout } = await $({ input })`docker exec --interactive ${containerOf(name)} ${argv}`;
  return stdout;
}

/** Waits until a service of a machine runs. */
export async function waitForService(name: string, service: string): Promise<void> {
  const container = containerOf(name);
  await retry(60, "1s", () => $`docker exec ${container} systemctl is-active ${service}`).catch(() => {
    throw new UserError(
      `${service} does not start in ${name}: \`docker exec ${container} journalctl --unit ${service}\` says why.`,
    );
  });
}
