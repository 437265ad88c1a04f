import { createHash } from "node:crypto";
import { hostAndPort } from "../../components/settings/address";
import { hostKeyTypes, noRsa } from "../../components/machine/hostKey";
import { quoteWord, type SshHost, type SshMachine } from "../../components/machine/ssh";
import { $ } from "../cli/shell";
import { UserError } from "../../components/userError";
import { type Answer, askSsh } from "./knownHosts";
import { connectTimeoutSeconds, explainSilence, sshGreeting } from "./sshGreeting";

/** A public host key of a machine. */
export interface HostKey {
  /** Its type and itself, as the settings have it. */
  readonly key: string;
  /** As OpenSSH shows it, such as `SHA256:…`. */
  readonly fingerprint: string;
}

/** The command by which a machine shows its own host keys. */
export const showHostKeys = "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done";

/** The command that shows the host keys of a machine. */
export function trustCommand({ jump, ...machine }: SshMachine): string {
  const through = jump === undefined ? "" : ` --jump ${jump.user}@${addressOf(jump)}`;
  return `npm run trust -- ${addressOf(machine)}${through}`;
}

function addressOf({ host, port }: Pick<SshHost, "host" | "port">): string {
  return port === 22 ? host : hostAndPort(host, port);
}

export interface TrustedHostKey extends HostKey {
  /** Whether `ssh` trusts it already. */
  readonly isKnown: boolean;
}

/**
 * The host keys of a machine, the best first, without those of types that a deploy cannot check.
 *
 * @throws UserError with the reason, where it shows none within 10 seconds
 */
export async function fetchHostKeys(host: string, port: number): Promise<readonly [HostKey, ...HostKey[]]> {
  const greeting = await sshGreeting(host, port);
  if ("code" in greeting) {
    throw new UserError(explainSilence(greeting.code, host, port));
  }
  const { stdout } = await $({ nothrow: true })`${scanCommand(host, port)}`;
  return shownKeys(stdout, host);
}

/**
 * The host keys of a machine, as its jump host sees them.
 *
 * @param jump where the user's own ssh logs in, by the user's configuration; it may ask at the terminal
 * @throws UserError if the jump host shows none
 */
export async function fetchHostKeysThrough(
  jump: { readonly host: string; readonly port: number; readonly user?: string },
  host: string,
  port: number,
): Promise<readonly [HostKey, ...HostKey[]]> {
  const login = jump.user === undefined ? jump.host : `${jump.user}@${jump.host}`;
  const command = scanCommand(host, port).map(quoteWord).join(" ");
  const run = $({ nothrow: true, stdio: ["inherit", "pipe", "inherit"] });
  // Without the option, the port is that of the user's configuration.
  const at = jump.port === 22 ? [] : ["-p", `${jump.port}`];
  const { exitCode, stdout } = await run`ssh ${at} -- ${login} ${command}`;
  if (stdout.trim() === "") {
    throw new UserError(
      exitCode === 255
        ? `ssh does not log in to the jump host ${jump.host}.`
        : `${host} shows no host key to the jump host ${jump.host} on port ${port}: is it switched on, and does that machine have ssh-keyscan?`,
    );
  }
  return shownKeys(stdout, host);
}

function scanCommand(host: string, port: number): string[] {
  const options = ["-T", `${connectTimeoutSeconds}`, "-t", "ed25519,ecdsa", "-p", `${port}`];
  return ["ssh-keyscan", ...options, "--", host];
}

/** @param lines as `ssh-keyscan` prints them */
function shownKeys(lines: string, host: string): readonly [HostKey, ...HostKey[]] {
  const [best, ...others] = keysIn(lines);
  if (best === undefined) {
    throw new UserError(
      `${host} shows no host key of type ed25519 or ecdsa, and one of RSA does not work: ${noRsa}. \`sudo ssh-keygen -A\` there makes what is missing, and \`sudo systemctl restart ssh\` shows it.`,
    );
  }
  return [best, ...others];
}

/**
 * The host key of a machine: one that `ssh` trusts by this user's configuration, or its best.
 *
 * @throws UserError if it shows none, or one that `ssh` refuses
 */
export async function trustedHostKey(host: string, port: number): Promise<TrustedHostKey> {
  const shown = await fetchHostKeys(host, port);
  return chooseHostKey(shown, host, (type) => askSsh(host, port, type));
}

/** @param ask what `ssh` makes of the machine, by a key of one type or of the type that it prefers */
export async function chooseHostKey(
  shown: readonly [HostKey, ...HostKey[]],
  host: string,
  ask: (type?: string) => Promise<Answer>,
): Promise<TrustedHostKey> {
  const [best] = shown;
  const preferred = accepted(host, await ask());
  const found = shown.find(({ fingerprint }) => fingerprint === preferred.fingerprint);
  if (found !== undefined) {
    return { ...found, isKnown: preferred.trust === "known" };
  }
  // It knows the machine by a key of a type that a deploy cannot check.
  const answer = await ask(typeOf(best));
  // To ssh, a first key of this type is a change, if it knows one of another type.
  const isOfNewType = preferred.trust === "known" && answer.trust === "changed";
  const { trust, fingerprint } = isOfNewType ? answer : accepted(host, answer);
  if (fingerprint !== best.fingerprint) {
    throw new UserError(
      `${host} shows a host key of type ${typeOf(best)} and then another one: another machine may intercept the connection.`,
    );
  }
  return { ...best, isKnown: trust === "known" };
}

/** @throws UserError where `ssh` refuses the machine */
function accepted(host: string, answer: Answer): Extract<Answer, { trust: "known" | "unknown" }> {
  switch (answer.trust) {
    case "none":
      throw new UserError(`ssh does not connect to ${host}: ${answer.reason || "no answer"}`);
    case "changed":
      throw new UserError(
        `${host} shows another host key than the one in ${answer.file}, line ${answer.line}: it was installed again, or is another machine. Compare ${answer.fingerprint} with what it says itself, then \`ssh-keygen -f ${quoteWord(answer.file)} -R ${quoteWord(answer.name)}\`.`,
      );
    default:
      return answer;
  }
}

/** The type of a key, such as `ssh-ed25519`. */
export function typeOf({ key }: HostKey): string {
  return key.replace(/ .*/, "");
}

/** @param lines as `ssh-keyscan` prints them */
function keysIn(lines: string): HostKey[] {
  return lines
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([, type = "", key = ""]) => (hostKeyTypes.includes(type) ? [{ type, key }] : []))
    .sort((a, b) => hostKeyTypes.indexOf(a.type) - hostKeyTypes.indexOf(b.type))
    .map(({ type, key }) => ({ key: `${type} ${key}`, fingerprint: fingerprintOf(key) }));
}

function fingerprintOf(key: string): string {
  const digest = createHash("sha256").update(Buffer.from(key, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}
