import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "../../cli/shell";
import { rehearsalFolder } from "../instance";

/** A private key file and its public half in one line, without a comment. */
export interface Key {
  readonly path: string;
  readonly public: string;
}

/** The keys of one rehearsal: one that opens every machine, and each machine's own. */
export interface SshKeys extends Key {
  /** A file of the public key, in the form of `authorized_keys`. */
  readonly authorizedKeys: string;
  readonly hosts: Readonly<Record<string, Key>>;
}

const folder = join(rehearsalFolder, "keys");

/** The keys of this checkout's rehearsal, made where there are none. */
export async function machineKeys(machines: readonly string[]): Promise<SshKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const client = await keyAt(join(folder, "id_ed25519"));
  const hosts = await Promise.all(
    machines.map(async (name) => [name, await keyAt(join(folder, `${name}_host_key`))] as const),
  );
  return { ...client, authorizedKeys: `${client.path}.pub`, hosts: Object.fromEntries(hosts) };
}

async function keyAt(path: string): Promise<Key> {
  await access(path).catch(() => makeKey(path));
  const [type, key] = (await readFile(`${path}.pub`, "utf8")).split(" ");
  return { path, public: `${type ?? ""} ${key ?? ""}`.trim() };
}

async function makeKey(path: string): Promise<void> {
  const unfinished = `${path}.new`;
  await rm(unfinished, { force: true });
  await $`ssh-keygen -q -t ed25519 -N ${""} -C ${""} -f ${unfinished}`;
  // The private key last: where it is, both are.
  await rename(`${unfinished}.pub`, `${path}.pub`);
  await rename(unfinished, path);
}
