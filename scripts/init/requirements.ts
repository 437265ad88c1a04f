import { sudoersLine } from "../../components/remoteScript";
import type { SshMachine } from "../../components/ssh";
import type { MachineFacts } from "./machineFacts";

/** The oldest Docker engine that the program is tested with. */
const oldestDocker = "20.10";
/** Those that the images are made for. */
const serverArchitectures = ["x86_64", "aarch64"];
/** Those that Debian or Raspberry Pi OS are made for. */
const nodeArchitectures = ["armv6l", "armv7l", "aarch64", "x86_64"];
const releases = ["bookworm", "trixie"];

/**
 * What is in the way of the server's containers.
 *
 * @param portalOwner the container that has ports 80 and 443 and may keep them: an https-portal
 */
export function serverMistakes(
  facts: MachineFacts,
  { host, user }: SshMachine,
  portalOwner: string | undefined,
): string[] {
  const ports = portalOwner === undefined ? facts.listens : [];
  return [
    ...(serverArchitectures.includes(facts.architecture)
      ? []
      : [`${host} is ${facts.architecture}; the images are made for ${serverArchitectures.join(" and ")}.`]),
    ...dockerMistakes(facts, host, user),
    ...(ports.length === 0
      ? []
      : [
          `${host}: something listens on port ${ports.join(" and ")}, which https-portal needs; \`sudo ss -ltnp\` there says what. Stop it, or let it be an https-portal, which is then used.`,
        ]),
  ];
}

function dockerMistakes({ docker, dockerError = "" }: MachineFacts, host: string, user: string): string[] {
  if (docker === "missing") {
    return [`${host} has no Docker: https://docs.docker.com/engine/install/ says how it gets one.`];
  }
  if (docker === undefined) {
    return /permission denied/i.test(dockerError)
      ? [
          `${user} may not use Docker on ${host}: \`sudo usermod -aG docker ${user}\` there (it makes ${user} as mighty as root), or give another user.`,
        ]
      : [
          `Docker does not answer on ${host}: \`sudo systemctl enable --now docker\` there. (${dockerError.trim()})`,
        ];
  }
  return docker.localeCompare(oldestDocker, "en", { numeric: true }) < 0
    ? [`${host} has Docker ${docker}; it takes ${oldestDocker} or newer.`]
    : [];
}

/** What is in the way of the exporters and Prometheus. */
export function nodeMistakes(facts: MachineFacts, { host, user }: SshMachine): string[] {
  const { architecture, os = "", release = "", osName = "", systemd, sudo } = facts;
  return [
    ...(nodeArchitectures.includes(architecture)
      ? []
      : [`${host} is ${architecture}; a node is one of ${nodeArchitectures.join(", ")}.`]),
    ...(["debian", "raspbian"].includes(os) && releases.includes(release)
      ? []
      : [`${host} runs ${osName}; a node runs Raspberry Pi OS or Debian, ${releases.join(" or ")}.`]),
    ...(systemd === "yes" ? [] : [`${host} was not started by systemd, which runs the exporters on a node.`]),
    ...sudoMistakes(sudo, host, user),
  ];
}

function sudoMistakes(sudo: string | undefined, host: string, user: string): string[] {
  switch (sudo) {
    case "missing":
      return [`${host} has no sudo: \`apt install sudo\` there as root, or give root as the user.`];
    case "asks":
      return [
        `sudo asks ${user} for a password on ${host}, or does not know ${user}: \`echo '${sudoersLine(user)}' | sudo tee /etc/sudoers.d/pi-monitoring\` there.`,
      ];
    default:
      return [];
  }
}
