import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { type Provider, providers, providerVersions } from "../offline/providers/provider";
import type { Part } from "./part";
import type { Report } from "../../cli/progress";
import { PulumiSite } from "./pulumiSite";
import { $ } from "../../cli/shell";
import { prepareStandIn } from "../offline/providerStandIn";

/** The plugin of each provider, in the version of its npm package: installed, downloaded or, if neither is possible, a stand-in. */
export async function preparePulumiProviders(
  pulumi: string,
  site: PulumiSite,
  report: Report,
): Promise<Part[]> {
  const parts: Part[] = [];
  for (const name of providers) {
    const version = providerVersions[name];
    const download = async (): Promise<void> => {
      report(`downloading the Pulumi provider ${name} ${version} (up to 5 min)`);
      await $({ timeout: "5m" })`${pulumi} plugin install resource ${name} v${version}`;
    };
    const origin = isInstalled(name)
      ? "installed"
      : await site.fetch(download).then(
          () => "downloaded" as const,
          () => "stand-in" as const,
        );
    const location = origin === "stand-in" ? await prepareStandIn(name) : pluginExecutable(name);
    parts.push({ name: `Pulumi provider ${name}`, version, origin, location });
  }
  return parts;
}

/**
 * Whether the CLI has the real provider. While it installs one, a mark stands beside the folder.
 * Source: `getPlugins` in plugins.go of Pulumi's sdk/go/common/workspace
 */
export function isInstalled(name: Provider): boolean {
  return existsSync(pluginExecutable(name)) && !existsSync(`${dirname(pluginExecutable(name))}.partial`);
}

/** Where the CLI keeps the real provider. */
function pluginExecutable(name: Provider): string {
  // The CLI takes the home folder from the user database, not from HOME.
  const home = process.env["PULUMI_HOME"] ?? join(userInfo().homedir, ".pulumi");
  return join(home, "plugins", `resource-${name}-v${providerVersions[name]}`, `pulumi-resource-${name}`);
}
