import pLimit from "p-limit";
import { retry, which } from "zx";
import { UserError } from "../../../components/userError";
import type { Preparation } from "../../cli/progress";
import { $ } from "../../cli/shell";

// apt has one lock, and the user answers one question at a time.
const oneAtATime = pLimit(1);

/** Whether Debian packages can be installed on this machine by this user. */
export async function canInstallPackages(): Promise<boolean> {
  return process.getuid?.() === 0 && (await which("apt-get", { nothrow: true })) !== null;
}

/**
 * Installs the Debian packages of programs that are not on PATH, if the user agrees.
 *
 * @param packages what each program comes with, such as `{ cc: ["gcc", "libc6-dev"] }`
 * @param purpose what they are for, such as `the Docker engine`
 */
export async function ensurePrograms(
  packages: Readonly<Record<string, readonly string[]>>,
  purpose: string,
  { report, confirm }: Preparation,
): Promise<void> {
  await oneAtATime(async () => {
    const paths = await Promise.all(
      Object.keys(packages).map((program) => which(program, { nothrow: true })),
    );
    const missing = Object.values(packages).flatMap((names, index) => (paths[index] === null ? names : []));
    if (missing.length === 0) {
      return;
    }
    const names = missing.join(", ");
    const question = `Install ${names} on this machine with apt-get, for ${purpose}?`;
    if (!(await canInstallPackages()) || !(await confirm(question))) {
      throw new UserError(`${purpose} needs ${names}: install what is missing and start again.`);
    }
    report(`installing ${names} (about 1 min)`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    // Another apt-get may run, such as that of unattended-upgrades. `update` does not wait for it by itself.
    await retry(10, "6s", () => $({ env })`apt-get update --quiet`);
    const wait = ["-o", "DPkg::Lock::Timeout=300"];
    await $({ env })`apt-get install ${wait} --yes --quiet --no-install-recommends ${missing}`;
  });
}
