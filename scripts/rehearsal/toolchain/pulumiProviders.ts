import { userInfo } from "node:os";
import { join } from "node:path";
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
  const installed = await installedPlugins(pulumi);
  const parts: Part[] = [];
  for (const name of providers) {
    const version = providerVersions[name];
    const download = async (): Promise<void> => {
      report(`downloading the Pulumi provider ${name} ${version} (up to 5 min)`);
      await $({ timeout: "5m" })`${pulumi} plugin install resource ${name} v${version}`;
    };
    const origin = installed.has(`${name} ${version}`)
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

/** Where the CLI keeps the real provider. */
export function pluginExecutable(name: Provider): string {
  // The CLI takes the home folder from the user database, not from HOME.
  const home = process.env["PULUMI_HOME"] ?? join(userInfo().homedir, ".pulumi");
  return join(home, "plugins", `resource-${name}-v${providerVersions[name]}`, `pulumi-resource-${name}`);
}

/** Such as `docker 5.2.0`. */
async function installedPlugins(pulumi: string): Promise<Set<string>> {
  const { stdout } = await $`${pulumi} plugin ls --json`;
  const plugins = JSON.parse(stdout) as { name: string; kind: string; version?: string }[];
  return new Set(
    plugins.filter(({ kind }) => kind === "resource").map(({ name, version }) => `${name} ${version ?? ""}`),
  );
}
