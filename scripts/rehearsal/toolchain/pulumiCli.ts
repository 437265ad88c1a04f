import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { version as sdkVersion } from "@pulumi/pulumi/version";
import { which } from "zx";
import { cached } from "../../cli/cache";
import { buildGoProgram } from "../offline/go";
import type { Origin } from "./part";
import type { Report } from "../../cli/progress";
import { PulumiSite } from "./pulumiSite";
import { $ } from "../../cli/shell";

/** The newest CLI that can be built from its Go modules, and the oldest that the rehearsal is tested with. */
const builtVersion = "3.250.0";

/** The newest language host that can be built from its Go module; it works with later CLIs. */
const builtLanguageHostVersion = "3.65.0";

/** The CLI and its language host for Node, in one folder as in Pulumi's own archive. */
export interface PulumiCli {
  readonly folder: string;
  readonly version: string;
  readonly languageHostVersion: string;
  readonly origin: Origin;
}

export async function preparePulumiCli(site: PulumiSite, report: Report): Promise<PulumiCli> {
  return (await installedCli(report)) ?? (await downloadedCli(site, report)) ?? (await builtCli(report));
}

async function installedCli(report: Report): Promise<PulumiCli | undefined> {
  // The installer's folder is not on PATH until the next login.
  const path = `${process.env["PATH"] ?? ""}:${join(homedir(), ".pulumi", "bin")}`;
  const found = await which("pulumi", { nothrow: true, path });
  if (found === null) {
    return undefined;
  }
  const { stdout } = await $({ nothrow: true })`${found} version`;
  const version = stdout.trim().replace(/^v/, "");
  if (version.localeCompare(builtVersion, "en", { numeric: true }) < 0) {
    report(
      `${found} is Pulumi ${version || "?"}: it is not used, the rehearsal needs ${builtVersion} or newer`,
    );
    return undefined;
  }
  // Package managers put a link on PATH and the language host beside what it leads to.
  const folder = dirname(await realpath(found));
  if ((await which("pulumi-language-nodejs", { path: folder, nothrow: true })) === null) {
    report(`${found} is not used, as ${folder} has no pulumi-language-nodejs`);
    return undefined;
  }
  return { folder, version, languageHostVersion: version, origin: "installed" };
}

/** The CLI of the SDK's version, from the official archive. */
async function downloadedCli(site: PulumiSite, report: Report): Promise<PulumiCli | undefined> {
  const archive = `${PulumiSite.url}/releases/sdk/pulumi-v${sdkVersion}-${process.platform}-${process.arch}.tar.gz`;
  const folder = await cached(`pulumi-${sdkVersion}`, (unfinished) =>
    site.fetch(async () => {
      report(`downloading the Pulumi CLI ${sdkVersion} (up to 1 min)`);
      await $`curl -sSfL --speed-limit 1000 --speed-time 15 ${archive} | tar -xz --strip-components=1 -C ${unfinished}`;
    }),
  ).catch(() => undefined);
  return folder === undefined
    ? undefined
    : { folder, version: sdkVersion, languageHostVersion: sdkVersion, origin: "downloaded" };
}

async function builtCli(report: Report): Promise<PulumiCli> {
  const environment = { CGO_ENABLED: "0" };
  const folder = await cached(
    `pulumi-${builtVersion}-language-nodejs-${builtLanguageHostVersion}`,
    async (unfinished) => {
      await buildGoProgram(
        {
          name: "the Pulumi CLI",
          module: "github.com/pulumi/pulumi/pkg/v3",
          version: builtVersion,
          path: "cmd/pulumi",
          requires: { "github.com/pulumi/pulumi/sdk/v3": builtVersion },
          variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${builtVersion}` },
          environment,
        },
        join(unfinished, "pulumi"),
        "about 4 min on 2 cores",
        report,
      );
      await buildGoProgram(
        {
          name: "Pulumi's language host for Node",
          module: "github.com/pulumi/pulumi/sdk/v3",
          version: builtLanguageHostVersion,
          path: "nodejs/cmd/pulumi-language-nodejs",
          environment,
        },
        join(unfinished, "pulumi-language-nodejs"),
        "about 30 s",
        report,
      );
    },
  );
  return { folder, version: builtVersion, languageHostVersion: builtLanguageHostVersion, origin: "built" };
}
