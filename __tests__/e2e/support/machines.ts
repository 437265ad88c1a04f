import { exec } from "../../../scripts/rehearsal/machines/machine";
import { pis as rehearsedPis } from "../../../scripts/rehearsal/machines/machines";

/** The names of the Pis of the rehearsal; the first one is the master. */
export const pis = rehearsedPis.map(({ name }) => name);
/** Their hosts, in the same order: the `node_name` of their samples. */
export const hosts = rehearsedPis.map(({ host }) => host);

/**
 * Runs a script on a machine as root. It is an argument, as Docker 20.10 now and then loses the standard input of what
 * ends at once.
 */
export async function shell(machine: string, script: string, ...words: readonly string[]): Promise<string> {
  return exec(machine, ["sh", "-c", script, "sh", ...words]);
}

/**
 * Runs a service on a machine until it is stopped; one of the same name, which a killed run may have left, ends first.
 *
 * @param words of the command, after properties such as `--property=WorkingDirectory=/srv`
 */
export async function startUnit(machine: string, unit: string, ...words: readonly string[]): Promise<void> {
  const script = `unit=$1; shift
    systemctl stop "$unit" 2>/dev/null || true
    systemctl reset-failed "$unit" 2>/dev/null || true
    systemd-run --quiet --collect --unit "$unit" "$@"`;
  await shell(machine, script, unit, ...words);
}

/** The HTTP status of what a Pi is answered at a URL. */
export async function statusOf(url: string, ...options: readonly string[]): Promise<number> {
  const curl = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "20"];
  return Number(await exec("kube-0", [...curl, ...options, url]));
}

/** Runs `docker` on the VPS and returns what it prints. */
export async function docker(...words: readonly string[]): Promise<string> {
  return (await exec("vps", ["docker", ...words])).trim();
}
