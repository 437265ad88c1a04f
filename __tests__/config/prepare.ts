import { delimiter, dirname, join } from "node:path";
import { which } from "zx";
import { defaultImages } from "../../components/settings/schema";
import { cached } from "../../scripts/cli/cache";
import { UserError } from "../../components/userError";
import type { Report } from "../../scripts/cli/progress";
import { $ } from "../../scripts/cli/shell";
import { builtTelegraf } from "../../scripts/rehearsal/offline/telegraf";

/** What the tests of the rendered files run, with the Debian package of each. */
const debianPackages = {
  nginx: "nginx",
  openssl: "openssl",
  promtool: "prometheus",
  shellcheck: "shellcheck",
  "systemd-analyze": "systemd",
} as const;

/** Puts the parsers on the PATH of the tests. */
export default async function prepare(): Promise<void> {
  Object.assign(process.env, await prepareParsers((message) => process.stderr.write(`${message}\n`)));
}

/**
 * Finds the parsers of the rendered files, or downloads them into the cache. Nothing is installed.
 *
 * @returns the environment in which all of them can be run by name
 */
async function prepareParsers(report: Report): Promise<Record<string, string>> {
  // Debian has nginx in a folder that is on root's PATH only.
  const path = [process.env["PATH"] ?? "", "/usr/sbin"].join(delimiter);
  const find = (program: string): string | null => which.sync(program, { path, nothrow: true });

  const telegraf =
    find("telegraf") ?? (await builtTelegraf(defaultImages.telegraf.replace(/.*:/, ""), report));
  const missing = Object.entries(debianPackages).filter(([program]) => find(program) === null);
  if (missing.length === 0) {
    return { PATH: [path, dirname(telegraf)].join(delimiter) };
  }
  const folder = await unpacked(
    missing.map(([, name]) => name),
    report,
  );
  const libraries = await $`find ${folder} -regex ${".*[.]so[.0-9]*"} -printf ${"%h\n"}`;
  return {
    PATH: [path, dirname(telegraf), join(folder, "usr/bin"), join(folder, "usr/sbin")].join(delimiter),
    LD_LIBRARY_PATH: [...new Set(libraries.lines()), process.env["LD_LIBRARY_PATH"]]
      .filter(Boolean)
      .join(delimiter),
  };
}

/** The files of Debian packages and of what they depend on, as far as that is not installed. */
async function unpacked(packages: readonly string[], report: Report): Promise<string> {
  const names = packages.join(", ");
  return cached(`debian-packages-${packages.join("-")}`, async (folder) => {
    if (which.sync("apt-get", { nothrow: true }) === null) {
      throw new UserError(
        `The rendered files are checked with programs of the Debian packages ${names}: install them, or run the tests on Debian or Ubuntu.`,
      );
    }
    report(`downloading the Debian packages ${names} (about 20 s)`);
    const apt = join(folder, "apt");
    const archives = join(apt, "cache/archives");
    await $`mkdir -p ${apt}/lists/partial ${archives}/partial`;
    // Package lists and downloads of its own: that needs no root, and leaves those of the machine alone.
    const settings = [
      `Dir::State::lists=${apt}/lists`,
      `Dir::Cache=${apt}/cache`,
      "APT::Sandbox::User=",
      "Debug::NoLocking=true",
    ].flatMap((setting) => ["-o", setting]);
    await $`apt-get ${settings} update`;
    await $`apt-get ${settings} install --download-only --yes --no-install-recommends ${packages}`;
    await $`find ${archives} -name ${"*.deb"} -exec dpkg-deb --extract {} ${folder} ${";"}`;
    await $`rm -r ${apt}`;
  });
}
