import { join } from "node:path";
import { which } from "zx";
import { cached } from "../cli/cache";
import { buildGoProgram } from "../rehearsal/offline/go";
import type { Report } from "../cli/progress";
import { $ } from "../cli/shell";
import { installWheel } from "../rehearsal/toolchain/wheel";

// Renovate finds both versions by these lines (.github/renovate.json).
const actionlintVersion = "1.7.12";
const zizmorVersion = "1.32.0";

/** The path of actionlint, which finds mistakes that GitHub reports only when a workflow runs. */
export async function prepareActionlint(report: Report): Promise<string> {
  const found = await findInstalled("actionlint", actionlintVersion);
  if (found !== undefined) {
    return found;
  }
  const folder = await cached(`actionlint-${actionlintVersion}`, async (unfinished) => {
    const program = {
      name: "actionlint",
      module: "github.com/rhysd/actionlint",
      version: actionlintVersion,
      path: "cmd/actionlint",
      environment: { CGO_ENABLED: "0" },
    };
    await buildGoProgram(program, join(unfinished, "actionlint"), "about 30 s", report);
  });
  return join(folder, "actionlint");
}

/** The path of zizmor, which finds security problems in workflows. */
export async function prepareZizmor(report: Report): Promise<string> {
  const found = await findInstalled("zizmor", zizmorVersion);
  if (found !== undefined) {
    return found;
  }
  const folder = await cached(`zizmor-${zizmorVersion}`, async (unfinished) => {
    report(`downloading zizmor ${zizmorVersion} (about 10 s)`);
    const remedy = "install this version yourself (https://docs.zizmor.sh), or Python 3 with pip";
    // Without a checksum: the wheels differ by platform, and PyPI does not replace files.
    await installWheel(`zizmor==${zizmorVersion}`, unfinished, remedy);
  });
  return join(folder, "bin/zizmor");
}

/** The path of an installed linter if it has this version: another one may find other mistakes. */
export async function findInstalled(linter: string, version: string): Promise<string | undefined> {
  const path = await which(linter, { nothrow: true });
  if (path === null) {
    return undefined;
  }
  const { stdout } = await $({ nothrow: true })`${path} --version`;
  const words = stdout.split(/\s+/).map((word) => word.replace(/^v/, ""));
  return words.includes(version) ? path : undefined;
}
