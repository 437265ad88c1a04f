import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { exporterCommit } from "../../../components/settings/schema";
import type { Part } from "../toolchain/part";

/** Where the Pis fetch the script in place of its home. */
interface ExporterSource {
  readonly url: string;
  readonly sha256: string;
}

const home = "https://raw.githubusercontent.com";
/** What the VPS serves where the home of the real script cannot be reached. */
export const standIn = join(__dirname, "../images/vps/raspberrypi_exporter-stand-in");

/** The stand-in that the VPS serves, or undefined where the home of the real script can be reached. */
export async function standInExporter(vps: string): Promise<ExporterSource | undefined> {
  const answer = await fetch(home, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  if (answer !== undefined) {
    return undefined;
  }
  const sha256 = createHash("sha256")
    .update(await readFile(standIn))
    .digest("hex");
  return { url: `http://${vps}:8000/raspberrypi_exporter`, sha256 };
}

export function exporterPart(source: ExporterSource | undefined): Part {
  const name = "raspberrypi_exporter";
  return source === undefined
    ? { name, version: exporterCommit, origin: "downloaded", location: home }
    : { name, version: source.sha256.slice(0, 7), origin: "stand-in", location: source.url };
}
