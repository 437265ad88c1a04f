import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Report } from "../../cli/progress";
import { fingerprintOfFiles } from "../fingerprint";
import { hasImage } from "./registry";
import { $ } from "../../cli/shell";

/** An image that is built from a folder of ours. */
export interface Recipe {
  /** Its folder in one of `folders`, and the name of the image. */
  readonly name: string;
  /** What the tag begins with, such as a version; a hash of everything that goes in follows. */
  readonly tag: string;
  /** The image it is built on: `ARG BASE` of its Dockerfile. */
  readonly base: string;
  /** Files from elsewhere that its Dockerfile copies. */
  readonly files?: readonly string[];
}

/** What plays the machines, and what stands in for official images. */
const folders = [join(__dirname, "../images"), join(__dirname, "../offline/images")];

/** The reference of the image of `recipe`, built if anything that goes into it has changed. */
export async function builtImage(recipe: Recipe, report: Report): Promise<string> {
  const repository = `pi-monitoring-lab/${recipe.name}`;
  const image = `${repository}:${recipe.tag}-${await fingerprint(recipe)}`;
  if (!(await hasImage(image))) {
    report(`building the image ${image} (up to 1 min)`);
    const context = ["--directory", folderOf(recipe), "."].concat(
      ...(recipe.files ?? []).map((file) => ["--directory", dirname(file), basename(file)]),
    );
    await $`tar --create ${context} | docker build --quiet --tag ${image} --build-arg BASE=${recipe.base} -`;
    await removeOlder(repository, recipe.tag, image);
  }
  return image;
}

function folderOf({ name }: Recipe): string {
  const folder = folders.map((each) => join(each, name)).find((each) => existsSync(each));
  if (folder === undefined) {
    throw new Error(`There is no image ${name} in ${folders.join(" or ")}.`);
  }
  return folder;
}

async function fingerprint(recipe: Recipe): Promise<string> {
  const { base, files = [] } = recipe;
  const folder = folderOf(recipe);
  const own = (await readdir(folder)).sort().map((file) => join(folder, file));
  const { stdout: baseId } = await $`docker image inspect --format ${"{{.Id}}"} ${base}`;
  return fingerprintOfFiles([...own, ...files], baseId.trim());
}

/** Of the last day all are kept: rehearsals of other checkouts may be about to use them. */
async function removeOlder(repository: string, tag: string, newest: string): Promise<void> {
  const format = "{{.Repository}}:{{.Tag}}\t{{.CreatedAt}}";
  const { stdout } = await $`docker image ls --format ${format} ${repository}`;
  const yesterday = Date.now() - 24 * 3_600_000;
  const older = stdout
    .split("\n")
    .map((line) => line.split("\t"))
    // Such as `2026-11-28 12:00:13 +0000 UTC`.
    .filter(([, createdAt = ""]) => Date.parse(createdAt.replace(/ \w+$/, "")) < yesterday)
    .map(([image = ""]) => image)
    .filter((image) => image.startsWith(`${repository}:${tag}-`) && image !== newest);
  if (older.length > 0) {
    // One that a container still uses stays until the next time.
    await $({ nothrow: true })`docker image rm ${older}`;
  }
}
