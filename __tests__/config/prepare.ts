import { delimiter, dirname, join } from "node:path";
import { which } from "zx";
import { defaultImages } from "../../components/settings/schema";
import { UserError } from "../../components/userError";
import { cached } from "../../scripts/cli/cache";
import type { Report } from "../../scripts/cli/progress";
import { $ } from "../../scripts/cli/shell";
import { builtTelegraf } from "../../scripts/rehearsal/offline/telegraf";

/** The programs that check rendered files, with the Debian package of each. Debian has no Telegraf. */
const debianPackages = {
  nginx: "nginx",
  openssl: "openssl",
  "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
  "prometheus-node-exporter": "prometheus-node-exporter",
  promtool: "prometheus",
  shellcheck: "shellcheck",
  "systemd-analyze": "systemd",
} as const;

// Debian has nginx in a folder that is on root's PATH only.
const path = [process.env["PATH"] ?? "", "/usr/sbin"].join(delimiter);

/** Puts the programs that check rendered files on the PATH of the tests. Nothing is installed. */
export default async function prepare(): Promise<void> {
  const report = (message: string): void => void process.stderr.write(`${message}\n`);
  const telegraf = await prepareTelegraf(report);
  const missing = Object.entries(debianPackages).filter(([program]) => find(program) === null);
  const unpacked =
    missing.length === 0
      ? undefined
      : await unpackPackages(
          missing.map(([, name]) => name),
          report,
        );
  const folders = unpacked === undefined ? [] : [join(unpacked, "usr/bin"), join(unpacked, "usr/sbin")];
  // Telegraf first: PATH may have another version.
  process.env["PATH"] = [dirname(telegraf), path, ...folders].join(delimiter);
  if (unpacked !== undefined) {
    const libraries = await $`find ${unpacked} -regex ${".*[.]so[.0-9]*"} -printf ${"%h\n"}`;
    process.env["LD_LIBRARY_PATH"] = [...new Set(libraries.lines()), process.env["LD_LIBRARY_PATH"]]
      .filter(Boolean)
      .join(delimiter);
  }
}

function find(program: string): string | null {
  return which.sync(program, { path, nothrow: true });
}

/** Telegraf of the version that the server runs: another one has other options. */
async function prepareTelegraf(report: Report): Promise<string> {
  const version = defaultImages.telegraf.replace(/.*:/, "");
  const installed = find("telegraf");
  if (installed !== null && (await $`${installed} --version`).stdout.startsWith(`Telegraf ${version} `)) {
    return installed;
  }
  return builtTelegraf(version, report);
}

/** The files of Debian packages and of what they depend on, as far as that is not installed. */
async function unpackPackages(packages: readonly string[], report: Report): Promise<string> {
  const names = packages.join(", ");
  if (find("apt-get") === null) {
    throw new UserError(
      `The rendered files are checked with programs of the Debian packages ${names}: install them, or run the tests on Debian or Ubuntu.`,
    );
  }
  // A home folder can be shared by machines, or outlive an upgrade.
  const system =
    await $`. /etc/os-release && printf ${"%s-%s-%s"} $ID $VERSION_CODENAME $(dpkg --print-architecture)`;
  return cached(`debian-packages-${system.stdout}-${packages.join("-")}`, async (folder) => {
    report(`downloading the Debian packages ${names} (about 20 s)`);
    const apt = join(folder, "apt");
    const archives = join(apt, "cache/archives");
    await $`mkdir -p ${apt}/lists/partial ${archives}/partial`;
    // Package lists and downloads of its own: that needs no root, and leaves those of the machine alone.
    const aptOptions = [
      `Dir::State::lists=${apt}/lists`,
      `Dir::Cache=${apt}/cache`,
      "APT::Sandbox::User=",
      "Debug::NoLocking=true",
    ].flatMap((option) => ["-o", option]);
    await $`apt-get ${aptOptions} update`;
    await $`apt-get ${aptOptions} install --download-only --yes --no-install-recommends ${packages}`;
    await $`find ${archives} -name ${"*.deb"} -exec dpkg-deb --extract {} ${folder} ${";"}`;
    await $`rm -r ${apt}`;
  });
}
