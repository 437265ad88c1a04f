import { delimiter, dirname, join } from "node:path";
import { preparePolicyPackStandIn } from "../offline/policyPackStandIn";
import { servedStackVariable } from "../offline/providers/provider";
import { UserError } from "../../../components/userError";
import type { Part } from "./part";
import type { Report } from "../../cli/progress";
import { preparePulumiCli } from "./pulumiCli";
import { preparePulumiProviders } from "./pulumiProviders";
import { PulumiSite } from "./pulumiSite";

export interface PulumiTools {
  readonly parts: readonly Part[];
  /** What to add to the environment of a process that runs `pulumi`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder of a stand-in of the policy pack, for a language host that cannot run the real one; unset otherwise. */
  readonly policyPackStandIn?: string | undefined;
}

/**
 * Finds, downloads or builds the Pulumi CLI, its language host for Node and the providers.
 *
 * @param rehearsalStack the stack that may use stand-ins for providers; left out, none may
 */
export async function preparePulumi(report: Report, rehearsalStack?: string): Promise<PulumiTools> {
  const site = new PulumiSite(report);
  const { folder, version, languageHostVersion, origin } = await preparePulumiCli(site, report);
  const pulumi = join(folder, "pulumi");
  const providers = await preparePulumiProviders(pulumi, site, report);
  // A language host that was built from its Go module cannot run policy packs.
  const policyPackStandIn =
    rehearsalStack !== undefined && origin === "built" ? await preparePolicyPackStandIn() : undefined;
  const standIns = providers.filter((provider) => provider.origin === "stand-in");
  if (standIns.length > 0 && rehearsalStack === undefined) {
    const names = standIns.map((provider) => `${provider.name} ${provider.version}`).join(", ");
    throw new UserError(
      `${names}: not installed, and the download from ${PulumiSite.url} has failed; run \`pulumi plugin install\` here, which says why.`,
    );
  }
  return {
    parts: [
      { name: "Pulumi CLI", version, origin, location: pulumi },
      {
        name: "Pulumi language host for Node",
        version: languageHostVersion,
        origin,
        location: join(folder, "pulumi-language-nodejs"),
      },
      ...providers,
    ],
    environment: {
      // The engine prefers a provider on PATH to an installed one, so only the missing ones get there.
      PATH: [
        ...standIns.map(({ location }) => dirname(location)),
        ...(policyPackStandIn === undefined ? [] : [policyPackStandIn]),
        folder,
        process.env["PATH"],
      ].join(delimiter),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...(origin === "built" ? { NODE_OPTIONS: withRuntimeOptions(process.env["NODE_OPTIONS"]) } : {}),
      ...(rehearsalStack === undefined ? {} : { [servedStackVariable]: rehearsalStack }),
    },
    policyPackStandIn,
  };
}

/** Node's options, with those of Pulumi.yaml, which a language host that was built from its Go module does not pass on. */
function withRuntimeOptions(options = ""): string {
  return `${options} --require "${join(__dirname, "runtimeOptions.cjs")}"`.trim();
}
