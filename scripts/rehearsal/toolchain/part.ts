import { renderTable } from "../../cli/table";

/** Where a part that the rehearsal needs came from, in the order in which the places are tried. */
export type Origin = "installed" | "downloaded" | "built" | "stand-in";

/** One thing that the rehearsal needs: a program on this machine or an image in the local Docker engine. */
export interface Part {
  /** Its usual name, such as `Telegraf`. */
  readonly name: string;
  /** Its version, such as `1.39.3`. */
  readonly version: string;
  readonly origin: Origin;
  /** The absolute path of the executable, or the reference of the image. */
  readonly location: string;
}

/** Prints the origin of each part. */
export function printParts(parts: readonly Part[]): void {
  const rows = parts.map(({ name, version, origin }) => [name, version, origin]);
  console.log(renderTable(["part", "version", "origin"], rows));
}
