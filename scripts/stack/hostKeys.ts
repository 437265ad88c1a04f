import { createHash } from "node:crypto";
import { UserError } from "../terminal/command";
import { $ } from "../prepare/shell";
import { explainSilence, patience, sshGreeting } from "./sshGreeting";

/** A public host key, as a machine shows it. */
export interface HostKey {
  /** Its type and itself, as the settings have it. */
  readonly key: string;
  /** As OpenSSH shows it, such as `SHA256:…`. */
  readonly fingerprint: string;
}

export interface TrustedHostKey extends HostKey {
  /** Whether the user's `known_hosts` has it. */
  readonly isKnown: boolean;
}

/** The best first. */
const types = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/**
 * The keys by which a machine shows who it is, the best first.
 *
 * @throws UserError with the reason, where it shows none within 10 seconds
 */
export async function fetchHostKeys(host: string, port: number): Promise<readonly [HostKey, ...HostKey[]]> {
  const greeting = await sshGreeting(host, port);
  if ("code" in greeting) {
    throw new UserError(explainSilence(greeting.code, host, port));
  }
  const { stdout } = await $({
    nothrow: true,
  })`ssh-keyscan -T ${patience} -t ed25519,ecdsa,rsa -p ${port} -- ${host}`;
  const [best, ...others] = keysIn(stdout);
  if (best === undefined) {
    throw new UserError(`${host} shows no host key of type ed25519, ecdsa or rsa.`);
  }
  return [best, ...others];
}

/**
 * The host key of a machine: one that this machine's user has agreed to before, by `ssh` and its question, or its best.
 *
 * @throws UserError if it shows none, or another one than was agreed to
 */
export async function trustedHostKey(host: string, port: number): Promise<TrustedHostKey> {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const [shown, known] = await Promise.all([
    fetchHostKeys(host, port),
    $({ nothrow: true })`ssh-keygen -F ${name}`,
  ]);
  return chooseHostKey(shown, keysIn(known.stdout), name);
}

/** @param name of the machine in `known_hosts` */
export function chooseHostKey(
  shown: readonly [HostKey, ...HostKey[]],
  known: readonly HostKey[],
  name: string,
): TrustedHostKey {
  const agreed = shown.find(({ key }) => known.some((each) => each.key === key));
  if (agreed !== undefined) {
    return { ...agreed, isKnown: true };
  }
  const [best] = shown;
  if (known.some((each) => typeOf(each) === typeOf(best))) {
    throw new UserError(
      `${name} shows another host key than the one in ~/.ssh/known_hosts: it was installed anew, or is another machine. Compare ${best.fingerprint} with what it says itself, then \`ssh-keygen -R '${name}'\`.`,
    );
  }
  return { ...best, isKnown: false };
}

/** The type of a key, such as `ssh-ed25519`. */
export function typeOf({ key }: HostKey): string {
  return key.replace(/ .*/, "");
}

/** @param lines in the form of `known_hosts` */
function keysIn(lines: string): HostKey[] {
  return lines
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([, type = "", key = ""]) => (types.includes(type) ? [{ type, key }] : []))
    .sort((a, b) => types.indexOf(a.type) - types.indexOf(b.type))
    .map(({ type, key }) => ({ key: `${type} ${key}`, fingerprint: fingerprintOf(key) }));
}

function fingerprintOf(key: string): string {
  const digest = createHash("sha256").update(Buffer.from(key, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}
