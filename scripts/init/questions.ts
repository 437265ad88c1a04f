import { readFile } from "node:fs/promises";
import { checkbox, input, password } from "@inquirer/prompts";
import { expandHome, type SshMachine } from "../../components/machine/ssh";
import type { Vps } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { withProgress } from "../cli/progress";
import { checkEmail, type Email } from "./checks/email";
import type { Identified } from "./checks/identity";
import { checkInfluxAccess, type InfluxAccess } from "./checks/influxAccess";
import { checkMachines, type Machines } from "./checks/machines";
import { checkNodes } from "./checks/nodes";
import { checkVps } from "./checks/vps";
import { discoverMachines } from "./discovery";
import type { Flags } from "./flags";
import { checkSudoPassword, passwordMissing } from "./machine/sudo";
import { refuse } from "./checkResult";
import type { Question } from "./questionLoop";
import { settingsMistakes } from "./settingsFile";
import { parseAddress } from "./sshAddress";

export function domainQuestion({ domain }: Flags): Question<string, string> {
  return {
    flags: "--domain example.com",
    given: domain,
    ask: (before) => askLine("Domain", before),
    check: (answer) => {
      refuse(settingsMistakes({ domain: answer }));
      return { value: answer };
    },
  };
}

export function vpsQuestion({ vps }: Flags, domain?: string): Question<string, Identified | undefined> {
  return {
    flags: "--vps root@vps.example.com",
    given: vps,
    ask: (before) => askLine("VPS ([user@]host[:port]; a user who may use Docker)", before, domain),
    progress: "Looking for the VPS",
    check: (answer) => checkVps(parseAddress(answer), domain),
  };
}

export function nodesQuestion({ node }: Flags): Question<string, readonly Identified[]> {
  return {
    flags: "--node kube-0.local --node kube-1.local (the first one runs Prometheus)",
    given: node?.join(" "),
    ask: async (before) => {
      const found = before === undefined ? await chooseFound() : [];
      const message =
        found.length === 0
          ? "Nodes ([user@]host[:port], separated by spaces; the first one runs Prometheus)"
          : "Others (Enter: none)";
      return [...found, await askLine(message, before)].join(" ").trim();
    },
    progress: "Looking for the nodes",
    check: (answer) => {
      const words = answer.split(/[\s,]+/).filter((word) => word !== "");
      return checkNodes(words.map(parseAddress));
    },
  };
}

async function chooseFound(): Promise<string[]> {
  const machines = await withProgress("Searching this network (5 s)", discoverMachines);
  return machines.length === 0
    ? []
    : checkbox({
        message: "Nodes (the first one runs Prometheus)",
        choices: machines.map(({ host, isDebian }) => ({ value: host, checked: isDebian })),
        pageSize: 20,
      });
}

export function machinesQuestion(
  { user, key }: Flags,
  vps: Identified | undefined,
  nodes: readonly Identified[] | undefined,
): Question<{ user: string; key: string }, Machines> {
  const usual = { user: user ?? "pi", key: key ?? "~/.ssh/id_ed25519" };
  return {
    flags: "--user pi --key ~/.ssh/id_ed25519",
    given: (user ?? key) === undefined ? undefined : usual,
    otherwise: usual,
    ask: async (before) => ({
      user: await askLine("User on the nodes (with sudo)", before?.user, usual.user),
      key: await askLine('Private key for all of them (a path, or "agent")', before?.key, usual.key),
    }),
    progress: "Logging in everywhere",
    check: (answer) => checkMachines(answer, vps, nodes),
  };
}

/** @param machines on which sudo asks for a password */
export async function sudoQuestion(
  { "sudo-password-file": file }: Flags,
  machines: readonly SshMachine[],
): Promise<Question<string, string>> {
  const hosts = machines.map(({ host }) => host).join(", ");
  return {
    flags: "--sudo-password-file FILE",
    missing: machines.map(passwordMissing),
    given: await readSecret(file),
    ask: () => askSecret(`Password for sudo on ${hosts} (asked once, not stored)`),
    progress: "Trying the password of sudo",
    check: (answer) => checkSudoPassword(answer, machines),
  };
}

/** The answer `null` means no mail. */
export async function emailQuestion(flags: Flags): Promise<Question<Email | null, Email | null>> {
  const { email: to, smtp: host, "smtp-user": user, "smtp-password-file": file } = flags;
  return {
    flags: "--email me@example.com --smtp smtp.example.com:587",
    given: to === undefined ? undefined : { to, host, user, password: await readSecret(file) },
    otherwise: null,
    ask: askEmail,
    check: checkEmail,
  };
}

async function askEmail(before?: Email | null): Promise<Email | null> {
  const to = await askLine("E-mail for alerts (Enter: none)", before?.to);
  if (to === "") {
    return null;
  }
  const host = await askLine("Its SMTP server (host:port)", before?.host);
  const user = await askLine("User there (Enter: none)", before?.user);
  return user === "" ? { to, host } : { to, host, user, password: await askSecret(`Password of ${user}`) };
}

/** Asked only if an InfluxDB was found. */
export async function influxQuestion(
  flags: Flags,
  vps: Vps,
  container: string | undefined,
): Promise<Question<InfluxAccess, InfluxAccess>> {
  const { "influxdb-org": org, "influxdb-bucket": bucket, "influxdb-token-file": file } = flags;
  const adminToken = await readSecret(file);
  return {
    flags:
      "--influxdb-org ORG --influxdb-bucket BUCKET --influxdb-token-file FILE (for the existing InfluxDB)",
    given:
      org === undefined || bucket === undefined || adminToken === undefined
        ? undefined
        : { org, bucket, adminToken },
    ask: async (before) => ({
      org: await askLine("Organization in the existing InfluxDB", before?.org),
      bucket: await askLine("Bucket that Telegraf writes to", before?.bucket),
      adminToken: await askSecret("Token for all of the organization (`influx auth create --all-access`)"),
    }),
    progress: "Asking InfluxDB",
    check: (answer) => checkInfluxAccess(answer, vps, container),
  };
}

async function readSecret(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) {
    return undefined;
  }
  const text = await readFile(expandHome(file), "utf8").catch((error: unknown) => {
    throw new UserError(`A secret cannot be read: ${String(error)}`);
  });
  // Editors of Windows may begin a file with a byte order mark.
  return text.replace(/^\uFEFF/, "").trimEnd();
}

/** Asks for a line. The user can edit `before`, a wrong answer; Enter gives `usual`. */
function askLine(message: string, before?: string, usual?: string): Promise<string> {
  return input({
    message,
    default: before ?? usual,
    prefill: before === undefined ? undefined : "editable",
  });
}

function askSecret(message: string): Promise<string> {
  return password({ message, mask: true });
}
