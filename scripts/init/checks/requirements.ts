import type { SshMachine } from "../../../components/machine/ssh";
import type { MachineFacts } from "../machine/machineFacts";
import { noPassword } from "../machine/sudo";

/** The oldest tested Docker engine. */
const oldestDocker = "20.10";
/** The architectures of the images. */
const serverArchitectures = ["x86_64", "aarch64"];
/** The oldest tested versions: those of Debian 12. */
const oldestSystemd = "252";
const oldestPackages: Readonly<Record<string, string>> = {
  "prometheus-node-exporter": "1.5",
  "prometheus-node-exporter-collectors": "0",
  prometheus: "2.42",
};

/** What is missing for the server's containers. Ports 80 and 443 may be taken. */
export function serverMistakes(facts: MachineFacts, machine: SshMachine): string[] {
  const { host } = machine;
  const { architecture, ipv4 } = facts;
  return [
    serverArchitectures.includes(architecture)
      ? undefined
      : `${host} is ${architecture}; the images are made for ${serverArchitectures.join(" and ")}.`,
    dockerMistake(facts, machine),
    ipv4 === "none"
      ? `${host} has no IPv4 connection to the internet, which the containers need: without it they get no certificate and send no mail. Book an IPv4 address for it.`
      : undefined,
  ].filter((each) => each !== undefined);
}

const install = "https://docs.docker.com/engine/install/ says how to install it.";

function dockerMistake(
  { docker, dockerKind = "", dockerError = "" }: MachineFacts,
  { host, user }: SshMachine,
): string | undefined {
  const refused = unfitEngines[dockerKind];
  if (refused !== undefined) {
    return `${host}: ${refused}`;
  }
  if (docker === "missing") {
    return `${host} has no Docker: ${install}`;
  }
  if (docker === undefined) {
    return /permission denied/i.test(dockerError)
      ? `${user} may not use Docker on ${host}: \`sudo usermod -aG docker ${user}\` there (it gives ${user} the rights of root), or give another user.`
      : `Docker does not answer on ${host}: \`sudo systemctl enable --now docker\` there. (${dockerError.trim()})`;
  }
  return isOlder(docker, oldestDocker)
    ? `${host} has Docker ${docker}; the server needs ${oldestDocker} or newer.`
    : undefined;
}

/** The reasons against engines that answer as Docker does. */
const unfitEngines: Readonly<Record<string, string>> = {
  podman: `\`docker\` there is podman, and this program needs Docker's own engine: ${install} First \`sudo apt remove podman-docker\` there.`,
  // Source: https://docs.docker.com/engine/security/rootless/tips/ ("Exposing privileged ports")
  rootless:
    "its Docker runs without root and may not have ports 80 and 443: `net.ipv4.ip_unprivileged_port_start=80` in a file of /etc/sysctl.d there and `sudo sysctl --system`, or give root as the user of an engine that root runs.",
};

/** What is missing for the exporters and Prometheus. sudo may ask for a password. */
export function nodeMistakes(facts: MachineFacts, machine: SshMachine): string[] {
  return [
    ...aptMistakes(facts, machine.host),
    systemdMistake(facts, machine.host),
    sudoMistake(facts, machine),
  ].filter((each) => each !== undefined);
}

/** Checks the packages, not the name of the system: many systems derive from Debian. */
function aptMistakes({ apt, osName = "", packages, architecture }: MachineFacts, host: string): string[] {
  if (apt === undefined) {
    return [`${host} (${osName}) has no apt-get, which installs the exporters on a node.`];
  }
  return Object.entries(packages).flatMap(([name, version]) => {
    const oldest = oldestPackages[name] ?? "0";
    if (version === "") {
      return `${host} (${osName}, ${architecture}): apt offers no ${name}: \`sudo apt-get update\` there; on Ubuntu, \`sudo add-apt-repository universe\` before it.`;
    }
    return isOlder(version, oldest)
      ? `${host} (${osName}): apt offers ${name} ${version}; a node needs ${oldest} or newer.`
      : [];
  });
}

function systemdMistake({ osName = "", systemd }: MachineFacts, host: string): string | undefined {
  if (systemd === undefined) {
    return `${host} (${osName}) was not started by systemd, which runs the exporters on a node.`;
  }
  return isOlder(systemd, oldestSystemd)
    ? `${host} (${osName}) has systemd ${systemd}; a node needs ${oldestSystemd} or newer.`
    : undefined;
}

function sudoMistake({ sudo, password }: MachineFacts, machine: SshMachine): string | undefined {
  if (sudo === "missing") {
    return `${machine.host} has no sudo: \`apt install sudo\` there as root, or give root as the user.`;
  }
  return sudo === "asks" && password === "none" ? noPassword(machine) : undefined;
}

/** Compares versions in Debian's format, such as `2:1.5.0-1+b6`. */
function isOlder(version: string, oldest: string): boolean {
  return version.replace(/^\d+:/, "").localeCompare(oldest, "en", { numeric: true }) < 0;
}
