import { backupTimerView, expectedOnVps } from "../../../components/server/backup/backupTimer";
import { renderInspection } from "../../../components/machine/installed";
import { resources } from "../../../components/server/resourceNames";
import type { Vps } from "../../../components/settings/settings";
import { backupTime, completeBackups } from "../../../components/server/backup/backupNames";
import { ServerError } from "../../remote/server";
import { trustCommand } from "../../remote/hostKeys";
import type { LoadedStack } from "../../stack/stack";
import { nameOf, type StateResource } from "../../stack/state";
import { type Finding, repairableFinding } from "../findings";
import { differences, inspect, machineProblems } from "../machines/inspection";
import { lossSeconds } from "../sampleLimits";

/** Inspects the VPS itself in one SSH session, and the folder of its backups in another one. */
export async function inspectVps(loaded: LoadedStack, vps: Vps) {
  const { settings } = loaded;
  const timer = backupTimerView(settings);
  const managed = expectedOnVps(timer);
  const inspection = await inspect(vps, renderInspection(managed, lossSeconds(settings)), "sh -s");
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
    ...(timer === undefined ? [] : await readBackupFindings(loaded)),
  ];
  return { reached: true, findings };
}

/** The finding that the server's last backup is too old, or that its folder cannot be read. */
export async function readBackupFindings({
  settings,
  server,
  resources: state,
}: LoadedStack): Promise<Finding[]> {
  const { folder } = settings.backup;
  // The first backup makes the folder.
  const list = '[ ! -e "$0" ] || ls "$0"';
  const names = await server.run(["sh", "-c", list, folder], { describeFailure: (reason) => reason }).then(
    (printed) => printed.split("\n"),
    (error: unknown) => {
      if (error instanceof ServerError) {
        return error;
      }
      throw error;
    },
  );
  if (names instanceof ServerError) {
    const problem = `the folder ${folder} cannot be read: ${names.message}`;
    const remedy = `\`ls ${folder}\` on the server, as the user of the VPS, must show the backups`;
    return [{ subject: "backup", problem, remedy }];
  }
  const script = state.find((each) => nameOf(each) === resources.backupScript);
  return backupFindings(names, settings.alerts.backupHours, script);
}

/**
 * @param names in the folder of the backups
 * @param allowedHours how old the newest backup may be
 * @param script the resource that installs the timer
 */
export function backupFindings(
  names: readonly string[],
  allowedHours: number,
  script: Pick<StateResource, "created" | "modified"> = {},
): Finding[] {
  const newest = completeBackups(names).at(-1);
  // A first backup is due some time after backups were set up, or got another folder.
  const since = backupTime(newest ?? "") ?? Date.parse(script.modified ?? script.created ?? "");
  const hours = (Date.now() - since) / (3600 * 1000);
  const problem = newest === undefined ? "there is none" : `the newest is ${hours.toFixed(0)} hours old`;
  const remedy = "`systemctl status pi-monitoring-backup` on the server says why";
  return hours <= allowedHours ? [] : [{ subject: "backup", problem, remedy }];
}
