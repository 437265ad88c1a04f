import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { defaultImages } from "../../../components/settings/schema";
import { $ } from "../../../scripts/cli/shell";
import { rehearsalFolder } from "../../../scripts/rehearsal/instance";
import type { Release } from "../../support/changelog";
import { projectRoot } from "../../support/projectRoot";

/**
 * Takes the program of a release from the history. Node finds its packages above it, in the project.
 *
 * @returns its folder
 */
export async function extractProgram({ version, commit }: Release): Promise<string> {
  const git = ["git", "-C", projectRoot];
  if ((await $({ nothrow: true })`${git} cat-file -e ${commit}`).exitCode !== 0) {
    throw new Error(
      `This clone does not have the commit of release ${version}, ${commit}: fetch the whole history, with \`git fetch --unshallow\` or, in a workflow, \`fetch-depth: 0\`.`,
    );
  }
  const folder = join(rehearsalFolder, "releases", version);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await $`${git} archive ${commit} | tar --extract --directory ${folder}`;
  await expectSamePackages(version, folder);
  return folder;
}

/** The images that a release has by default, by the program in its folder. */
export function imagesOf(folder: string): typeof defaultImages {
  // The first path is that of 0.1.0 and 0.2.0.
  const paths = ["components/settingsSchema", "components/settings/schema"];
  const schema = paths.find((path) => existsSync(join(folder, `${path}.ts`)));
  if (schema === undefined) {
    throw new Error(`The program in ${folder} has its images neither in ${paths.join(".ts nor in ")}.ts.`);
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports, import-x/no-dynamic-require
  return (require(join(folder, schema)) as { defaultImages: typeof defaultImages }).defaultImages;
}

/**
 * With other packages, a release would render other files than it did for its users. With others of Pulumi's, it would also
 * need other provider plugins than the rehearsal has.
 */
async function expectSamePackages(version: string, folder: string): Promise<void> {
  const [before, now] = [await dependenciesOf(folder), await dependenciesOf(projectRoot)];
  const different = Object.keys(before).filter((name) => before[name] !== now[name]);
  if (different.length > 0) {
    const list = different.map((name) => `${name} ${before[name] ?? ""} (here: ${now[name] ?? "none"})`);
    throw new Error(
      `Release ${version} needs ${list.join(", ")}: its program cannot run with the packages of this project. Extend extractProgram so that it installs the packages of the release in ${folder}.`,
    );
  }
}

async function dependenciesOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  return dependencies;
}
