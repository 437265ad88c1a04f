import { join } from "node:path";
import { which } from "zx";
import { cached } from "../cli/cache";
import { buildGoProgram, requireGo } from "../rehearsal/offline/go";
import type { Report } from "../cli/progress";
import { installWheel } from "../rehearsal/toolchain/wheel";

const actionlintVersion = "1.7.12";
/** It has no checksum: its wheels differ by platform, and PyPI does not replace files. */
const zizmorVersion = "1.32.0";

/** The path of actionlint, which finds mistakes that GitHub reports only when a workflow runs. */
export async function prepareActionlint(report: Report): Promise<string> {
  const found = await which("actionlint", { nothrow: true });
  if (found !== null) {
    return found;
  }
  const folder = await cached(`actionlint-${actionlintVersion}`, async (unfinished) => {
    await requireGo("to build actionlint");
    report(`building actionlint ${actionlintVersion} from its Go module (about 30 s)`);
    const program = {
      module: "github.com/rhysd/actionlint",
      version: actionlintVersion,
      path: "cmd/actionlint",
      environment: { CGO_ENABLED: "0" },
    };
    await buildGoProgram(program, join(unfinished, "actionlint"));
  });
  return join(folder, "actionlint");
}

/** The path of zizmor, which finds security problems in workflows. */
export async function prepareZizmor(report: Report): Promise<string> {
  const found = await which("zizmor", { nothrow: true });
  if (found !== null) {
    return found;
  }
  const folder = await cached(`zizmor-${zizmorVersion}`, async (unfinished) => {
    report(`downloading zizmor ${zizmorVersion} (about 10 s)`);
    const remedy = "install it yourself (https://docs.zizmor.sh), or Python 3 with pip";
    await installWheel(`zizmor==${zizmorVersion}`, unfinished, remedy);
  });
  return join(folder, "bin/zizmor");
}
