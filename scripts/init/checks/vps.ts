import type { Vps } from "../../../components/settings/settings";
import { nameOfService, services } from "../../../components/settings/serviceNames";
import { recordsProblems } from "../../remote/domainNames";
import { readPortOwners } from "../../remote/portOwners";
import { Server } from "../../remote/server";
import { type Checked, refuse, warn, type Warning } from "../checkResult";
import { readMachineFacts } from "../machine/machineFacts";
import { settingsMistakes } from "../settingsFile";
import type { Address } from "../sshAddress";
import { adoptionWarnings, findExisting, readContents } from "./adoption";
import { type Identified, identify, placeholders } from "./identity";
import { serverMistakes } from "./requirements";
import { webServerWarnings } from "./webServer";

/** @param domain unset if it is wrong itself */
export async function checkVps(
  address: Address,
  domain: string | undefined,
): Promise<Checked<Identified | undefined>> {
  refuse(settingsMistakes({ vps: { ...address, ...placeholders } }));
  const [identity, records] = await Promise.all([identify([address]), checkRecords(domain, address.host)]);
  return { ...records, value: identity.value[0], warnings: [...identity.warnings, ...records.warnings] };
}

/** Wrong records are a warning; those that may be right, as behind a proxy, are notes. */
async function checkRecords(
  domain: string | undefined,
  vpsHost: string,
): Promise<{ readonly notes: string[]; readonly warnings: Warning[] }> {
  const names =
    domain === undefined ? [] : services.map((each) => nameOfService(each, { domain, names: {} }));
  const records = await recordsProblems(names, vpsHost);
  const wrong = records.filter(({ state }) => state === "wrong");
  const notes = records.filter(({ state }) => state !== "wrong");
  const question =
    "A name gets its certificate once it points to the VPS, and is left out until then. Continue anyway?";
  return {
    notes: notes.map(({ description }) => description),
    warnings: warn(
      wrong.map(({ description }) => description),
      question,
    ),
  };
}

/** @throws UserError with everything that is missing for the server's containers */
export async function inspectVps(vps: Vps) {
  refuse(serverMistakes(await readMachineFacts(vps, "server"), vps));
  const server = new Server(vps);
  const [contents, owners = []] = await Promise.all([readContents(server), readPortOwners(server)]);
  const existing = findExisting(contents, owners);
  const warnings = [
    ...adoptionWarnings(existing, vps.host),
    ...webServerWarnings(existing.webServer, vps.host),
  ];
  return { vps, existing, warnings };
}
