import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../components/userError";
import { $ } from "../../cli/shell";

/**
 * Installs a program that PyPI has into `folder`, without dependencies.
 *
 * @param requirement such as `zizmor==1.32.0`; with `--hash=sha256:…` it must have this checksum
 * @param remedy what to do where that fails
 */
export async function installWheel(requirement: string, folder: string, remedy: string): Promise<void> {
  // Only a file can have a checksum.
  const requirements = join(folder, "requirements.txt");
  await writeFile(requirements, `${requirement}\n`);
  const options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--target", folder];
  const install = await $({
    nothrow: true,
  })`python3 -m pip install ${options} --requirement ${requirements}`;
  if (install.exitCode !== 0) {
    throw new UserError(
      `${requirement.replace(/ .*/, "")} cannot be installed here: ${remedy}.\n${install.stderr}`,
    );
  }
}
