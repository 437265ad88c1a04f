import type { Vps } from "../../../components/settings/settings";
import { UserError } from "../../../components/userError";
import { Server } from "../../remote/server";
import { readPortOwners } from "../../remote/portOwners";
import type { Address } from "../sshAddress";
import type { CheckResult } from "../questionLoop";
import { readMachineFacts } from "../machine/machineFacts";
import { settingsMistakes } from "../settingsFile";
import { type Existing, readExisting } from "./adoption";
import { checkRecords } from "./domain";
import { type Identified, identify, placeholders } from "./identity";
import { serverMistakes } from "./requirements";
import { findWebServer } from "./webServer";

/** @param domain unset if it is wrong itself */
export async function checkVps(
  address: Address,
  domain: string | undefined,
): Promise<CheckResult<Identified>> {
  const mistakes = settingsMistakes({ vps: { ...address, ...placeholders } });
  if (mistakes.length > 0) {
    return { mistakes };
  }
  const [identity, records] = await Promise.all([
    identify([address]),
    domain === undefined ? { notes: [], warnings: [] } : checkRecords(domain, address.host),
  ]);
  if ("mistakes" in identity) {
    return identity;
  }
  const [value] = identity.value;
  if (value === undefined) {
    throw new Error("identify() returns one machine for each address.");
  }
  return {
    value,
    notes: records.notes,
    warnings: [...(identity.warnings ?? []), ...records.warnings],
  };
}

/** @throws UserError with everything that is missing for the server's containers */
export async function inspectVps(vps: Vps): Promise<{ readonly vps: Vps; readonly existing: Existing }> {
  const facts = await readMachineFacts(vps, "server");
  const hasDocker = facts.docker !== undefined && facts.docker !== "missing";
  const existing = hasDocker ? await readExisting(vps) : undefined;
  const mistakes = serverMistakes(facts, vps);
  if (existing === undefined || mistakes.length > 0) {
    throw new UserError(mistakes.join("\n"));
  }
  const isFree = facts.listens.length === 0 || (existing.portal ?? existing.stack) !== undefined;
  const webServer = isFree
    ? undefined
    : findWebServer(facts.listens, (await readPortOwners(new Server(vps))) ?? []);
  return { vps, existing: { ...existing, webServer } };
}
