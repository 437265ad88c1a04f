import { backupTimerView, expectedOnVps } from "../../../components/server/backup/backupTimer";
import { renderInspection } from "../../../components/machine/installed";
import { resources } from "../../../components/server/resourceNames";
import type { Vps } from "../../../components/settings/settings";
import { trustCommand } from "../../remote/hostKeys";
import type { LoadedStack } from "../../stack/stack";
import { nameOf } from "../../stack/state";
import { type Finding, repairableFinding } from "../findings";
import { differences, inspect, machineProblems } from "../machines/inspection";
import { lossWindow } from "../timeWindows";

/** Inspects the VPS itself, in one SSH session. */
export async function inspectVps(loaded: LoadedStack, vps: Vps) {
  const { settings } = loaded;
  const timer = backupTimerView(settings);
  const managed = expectedOnVps(timer);
  const inspection = await inspect(vps, renderInspection(managed, lossWindow(settings)), "sh -s");
  const subject = vps.host;
  if ("reason" in inspection) {
    const problem = `cannot be reached: ${inspection.reason}`;
    const remedy = `\`${trustCommand(vps)}\` shows whether it answers, and by which key`;
    return { reached: inspection.reached, findings: [{ subject, problem, remedy }] };
  }
  const findings = [
    ...differences(managed, inspection).map((problem) =>
      repairableFinding(loaded, subject, problem, { how: "run", resource: resources.backupScript }),
    ),
    ...machineProblems(subject, managed, inspection, settings),
    ...(timer === undefined ? [] : await oldBackup(loaded)),
  ];
  return { reached: true, findings };
}

/** The finding that the server's last backup is too old. */
async function oldBackup({ settings, server, resources: state }: LoadedStack): Promise<Finding[]> {
  const { folder } = settings.backup;
  const list = `find ${folder} -mindepth 1 -maxdepth 1 -name '????-??-??T??????Z' | sort | tail -n 1`;
  const newest = (await server.run(["sh", "-c", list])).trim().replace(/^.*\//, "");
  const made = Date.parse(newest.replace(/T(..)(..)(..)Z$/, "T$1:$2:$3Z"));
  // The first one is due some time after backups were switched on.
  const { created = "" } = state.find((each) => nameOf(each) === resources.backupScript) ?? {};
  const since = newest === "" ? Date.parse(created) : made;
  const hours = (Date.now() - since) / (3600 * 1000);
  const problem = newest === "" ? "there is none" : `the newest is ${hours.toFixed(0)} hours old`;
  const remedy = "`systemctl status pi-monitoring-backup` on the server says why";
  return hours <= settings.alerts.backupHours ? [] : [{ subject: "backup", problem, remedy }];
}
