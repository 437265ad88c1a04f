import type { Managed } from "../../../components/machine/installed";
import type { Finding } from "../findings";
import type { Inspection } from "./inspection";

/** Seconds after which a file is stale; it is written every 15. */
const staleSeconds = 60;

/** The files of metrics that are stale. Those of the firmware are expected where it answers, or did since the boot. */
export function staleMetrics(
  subject: string,
  { metrics }: Pick<Managed, "metrics">,
  { words }: Inspection,
): Finding[] {
  const remedy = "`systemctl status pi-monitoring-textfiles.timer pi-monitoring-textfiles` there says why";
  return metrics
    .filter(({ path, needsFirmware }) => {
      const written = words("metrics", path)[0] ?? "";
      const isExpected = written !== "" || !needsFirmware || firmwareAnswers(words);
      return isExpected && Number(words("clock")[0]) - Number(written) > staleSeconds;
    })
    .map(({ path }) => {
      const problem = `${path} was not written for ${staleSeconds} seconds`;
      return { subject, problem, remedy, mayPassByItself: true };
    });
}

/** The information that `vcgencmd` has no device to ask, as on a machine that is not a Pi. */
export function silentFirmware(node: string, { words }: Inspection): string[] {
  const [path = "", answer = ""] = words("sensors");
  return path === "" || firmwareAnswers(words)
    ? []
    : [`${node} reports no voltage and no throttling: vcgencmd says "${answer === "" ? "nothing" : answer}"`];
}

function firmwareAnswers(words: Inspection["words"]): boolean {
  return /^throttled=0x[0-9a-f]{1,5}$/i.test(words("sensors")[1] ?? "");
}
