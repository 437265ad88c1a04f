import { namesOf, wrongRecords } from "../../remote/domainNames";
import type { CheckResult, Warning } from "../questionLoop";
import { settingsMistakes } from "../settingsFile";

export function checkDomain(domain: string): Promise<CheckResult<string>> {
  const mistakes = settingsMistakes({ domain });
  return Promise.resolve(mistakes.length > 0 ? { mistakes } : { value: domain });
}

/** What is wrong with the DNS records of the domain's names: a warning if one does not point to the VPS, else notes. */
export async function checkRecords(
  domain: string,
  vpsHost: string,
): Promise<{ readonly notes: readonly string[]; readonly warnings: readonly Warning[] }> {
  const records = await wrongRecords(namesOf(domain), vpsHost);
  const [stale, notes] = [true, false].map((isStale) =>
    records.filter(({ state }) => (state === "stale") === isStale).map(({ description }) => description),
  ) as [string[], string[]];
  const warning: Warning = {
    lines: stale,
    question:
      "A name gets its certificate once it points to the VPS, and is left out until then. Continue anyway?",
    flag: "yes",
  };
  return { notes, warnings: stale.length > 0 ? [warning] : [] };
}
