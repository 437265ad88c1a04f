import { createHash } from "node:crypto";
import { UserError } from "../terminal/command";
import { $ } from "../prepare/shell";

/** A public host key, as a machine shows it. */
export interface HostKey {
  /** Its type and itself, as the settings have it. */
  readonly key: string;
  /** As OpenSSH shows it, such as `SHA256:…`. */
  readonly fingerprint: string;
}

/** The best first. */
const types = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/**
 * The keys by which a machine shows who it is, the best first.
 *
 * @throws UserError with the reason, where it shows none within 10 seconds
 */
export async function fetchHostKeys(host: string, port: number): Promise<readonly [HostKey, ...HostKey[]]> {
  const { stdout, stderr } = await $({
    nothrow: true,
  })`ssh-keyscan -T 10 -t ed25519,ecdsa,rsa -p ${port} -- ${host}`;
  const [first, ...others] = keysIn(stdout);
  if (first === undefined) {
    throw new UserError(explainScan(stderr, host, port));
  }
  return [first, ...others];
}

/** The keys that this machine's user has agreed to before, by `ssh` and its question. */
export async function knownHostKeys(host: string, port: number): Promise<HostKey[]> {
  const name = port === 22 ? host : `[${host}]:${port}`;
  return keysIn((await $({ nothrow: true })`ssh-keygen -F ${name}`).stdout);
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

/** @param stderr what `ssh-keyscan` says; nothing, if it has waited in vain */
export function explainScan(stderr: string, host: string, port: number): string {
  if (/getaddrinfo|not known|No address|resolve/i.test(stderr)) {
    return host.endsWith(".local")
      ? `${host}: nobody on this network has that name. Is it switched on? It takes avahi-daemon there, and libnss-mdns on a Linux machine here; the address does as well.`
      : `${host}: there is no such name in the DNS.`;
  }
  if (/refused/i.test(stderr)) {
    return `${host} is there, but nothing answers on port ${port}: switch SSH on (\`sudo systemctl enable --now ssh\` there), or give its port as ${host}:PORT.`;
  }
  if (/closed|reset|banner|protocol/i.test(stderr)) {
    return `${host} answers on port ${port}, but not as an SSH server does.`;
  }
  return `${host} does not answer on port ${port} within 10 seconds: is it switched on, and does a firewall let SSH in?`;
}
