import { readFile } from "node:fs/promises";
import { checkbox, input, password } from "@inquirer/prompts";
import { expandHome } from "../../components/machine/ssh";
import type { Vps } from "../../components/settings/settings";
import type { SshMachine } from "../../components/machine/ssh";
import { UserError } from "../../components/userError";
import { withProgress } from "../cli/progress";
import { parseAddress } from "./sshAddress";
import { checkDomain } from "./checks/domain";
import { checkEmail, type Email } from "./checks/email";
import type { Identified } from "./checks/identity";
import { checkInfluxAccess, type InfluxAccess } from "./checks/influxAccess";
import { checkMachines, type Machines } from "./checks/machines";
import { checkNodes } from "./checks/nodes";
import { checkVps } from "./checks/vps";
import { discoverMachines } from "./discovery";
import type { Flags } from "./flags";
import type { Question } from "./questionLoop";
import { checkSudoPassword, passwordMissing } from "./machine/sudo";

export function domainQuestion({ domain }: Flags): Question<string, string> {
  return {
    flags: "--domain example.com",
    given: domain,
    ask: (before) => input({ message: "Domain", ...proposal(before) }),
    check: checkDomain,
  };
}

export function vpsQuestion({ vps }: Flags, domain: string | undefined): Question<string, Identified> {
  return {
    flags: "--vps root@vps.example.com",
    given: vps,
    ask: (before) =>
      input({
        message: "VPS ([user@]host[:port]; a user who may use Docker)",
        ...proposal(before, domain),
      }),
    check: (answer) => withProgress(`Looking for ${answer}`, () => checkVps(parseAddress(answer), domain)),
  };
}

export function nodesQuestion({ node }: Flags): Question<string, readonly Identified[]> {
  return {
    flags: "--node kube-0.local --node kube-1.local (the first one runs Prometheus)",
    given: node?.join(" "),
    ask: async (before) => {
      const found = before === undefined ? await chooseFound() : [];
      const typed = await input({
        message:
          found.length === 0
            ? "Nodes ([user@]host[:port], separated by spaces; the first one runs Prometheus)"
            : "Others (Enter: none)",
        ...proposal(before),
      });
      return [...found, typed].join(" ").trim();
    },
    check: (answer) => {
      const addresses = answer
        .split(/[\s,]+/)
        .filter((word) => word !== "")
        .map(parseAddress);
      return withProgress("Looking for the nodes", () => checkNodes(addresses));
    },
  };
}

async function chooseFound(): Promise<string[]> {
  const machines = await withProgress("Searching this network (5 s)", () => discoverMachines());
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
      user: await input({ message: "User on the nodes (with sudo)", ...proposal(before?.user, usual.user) }),
      key: await input({
        message: 'Private key for all of them (a path, or "agent")',
        ...proposal(before?.key, usual.key),
      }),
    }),
    check: (answer) => withProgress("Logging in everywhere", () => checkMachines(answer, vps, nodes)),
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
    given: file === undefined ? undefined : await readSecret(file),
    ask: () => password({ message: `Password for sudo on ${hosts} (asked once, not stored)`, mask: true }),
    check: (answer) => withProgress("Trying the password of sudo", () => checkSudoPassword(answer, machines)),
  };
}

/** The answer `null` means no mail. */
export async function emailQuestion(flags: Flags): Promise<Question<Email | null, Email | null>> {
  const file = flags["smtp-password-file"];
  const given =
    flags.email === undefined
      ? undefined
      : {
          to: flags.email,
          host: flags.smtp,
          user: flags["smtp-user"],
          password: file === undefined ? undefined : await readSecret(file),
        };
  return {
    flags: "--email me@example.com --smtp smtp.example.com:587",
    given,
    otherwise: null,
    ask: askEmail,
    check: checkEmail,
  };
}

async function askEmail(before?: Email | null): Promise<Email | null> {
  const to = await input({ message: "E-mail for alerts (Enter: none)", ...proposal(before?.to) });
  if (to === "") {
    return null;
  }
  const host = await input({ message: "Its SMTP server (host:port)", ...proposal(before?.host) });
  const user = await input({ message: "User there (Enter: none)", ...proposal(before?.user) });
  if (user === "") {
    return { to, host };
  }
  return { to, host, user, password: await password({ message: `Password of ${user}`, mask: true }) };
}

/** Asked only if an InfluxDB was found. */
export async function influxQuestion(
  flags: Flags,
  vps: Vps,
  container: string | undefined,
): Promise<Question<InfluxAccess, InfluxAccess>> {
  const { "influxdb-org": org, "influxdb-bucket": bucket, "influxdb-token-file": file } = flags;
  return {
    flags:
      "--influxdb-org ORG --influxdb-bucket BUCKET --influxdb-token-file FILE (for the existing InfluxDB)",
    given:
      org === undefined || bucket === undefined || file === undefined
        ? undefined
        : { org, bucket, adminToken: await readSecret(file) },
    ask: async (before) => ({
      org: await input({ message: "Organization in the existing InfluxDB", ...proposal(before?.org) }),
      bucket: await input({ message: "Bucket that Telegraf writes to", ...proposal(before?.bucket) }),
      adminToken: await password({
        message: "Token for all of the organization (`influx auth create --all-access`)",
        mask: true,
      }),
    }),
    check: (answer) => withProgress("Asking InfluxDB", () => checkInfluxAccess(answer, vps, container)),
  };
}

async function readSecret(file: string): Promise<string> {
  const text = await readFile(expandHome(file), "utf8").catch((error: unknown) => {
    throw new UserError(`A secret cannot be read: ${String(error)}`);
  });
  return text.trimEnd();
}

/** The text of an input line: a wrong answer to be edited, or the default for Enter. */
function proposal(before?: string, usual?: string): { default?: string; prefill?: "editable" } {
  return before === undefined ? { default: usual } : { default: before, prefill: "editable" };
}
