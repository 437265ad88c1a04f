import { backupView } from "../../../components/server/backup/backup";
import { managedOnVps } from "../../../components/server/backup/backupTimer";
import { renderInspection } from "../../../components/machine/installed";
import { bufferStatusFile, telegrafName } from "../../../components/server/telegraf/telegraf";
import { defaultImages } from "../../../components/settings/schema";
import type { Settings, Vps } from "../../../components/settings/settings";
import { onServer } from "../../remote/server";
import { isOlder } from "../../stack/upgrades";
import { docker } from "./containers";
import { drift, type Finding, type Known, lossWindow, setUpAt } from "../findings";
import { ailments, differences, inspect } from "../machines/inspection";

/** Where Telegraf keeps what InfluxDB has not taken yet. */
export interface BufferHealth {
  /** `memory` while the disk must not fill up any further. */
  readonly place: "disk" | "memory";
  readonly usedKb: number;
  readonly limitKb: number;
  /** Free on the disk of the buffer. */
  readonly freeKb: number;
  /** Damaged files, as they were before they were mended, in Telegraf's volume in the folder set-aside. */
  readonly setAside: readonly string[];
}

/** What was found on the VPS itself. */
export interface VpsReport {
  readonly reached: boolean;
  readonly findings: readonly Finding[];
}

/** Looks at the VPS itself, in one SSH session. */
export async function inspectVps(known: Known, vps: Vps): Promise<VpsReport> {
  const { at } = known.settings.backup;
  const managed = managedOnVps(
    at === undefined ? undefined : { ...backupView(known.settings), at, user: vps.user },
  );
  const inspection = await inspect(vps, renderInspection(managed, lossWindow(known.settings)), "sh -s");
  const subject = vps.host;
  if ("reason" in inspection) {
    const problem = `cannot be reached: ${inspection.reason}`;
    const remedy = `\`npm run trust -- ${vps.host}\` shows whether it answers, and by which key`;
    return {
      reached: inspection.reached,
      findings: [{ subject, problem, remedy }],
    };
  }
  const findings = [
    ...differences(managed, inspection).map((problem) =>
      drift(known, subject, problem, {
        how: "run",
        resource: "server-backup-script",
      }),
    ),
    ...ailments(managed, inspection, known.settings).map((each) => ({
      subject,
      ...each,
    })),
    ...(at === undefined ? [] : await oldBackup(known)),
  ];
  return { reached: true, findings };
}

/** Whether the server's last backup is too old. */
async function oldBackup(known: Known): Promise<Finding[]> {
  const { settings } = known;
  const { folder } = settings.backup;
  const list = `find ${folder} -mindepth 1 -maxdepth 1 -name '????-??-??T??????Z' | sort | tail -n 1`;
  const newest = (await onServer(settings, ["sh", "-c", list])).trim().replace(/^.*\//, "");
  const made = Date.parse(newest.replace(/T(..)(..)(..)Z$/, "T$1:$2:$3Z"));
  // A server that is younger has had no time for one.
  const since = newest === "" ? Date.parse(setUpAt(known)) : made;
  const hours = (Date.now() - since) / (3600 * 1000);
  return hours <= settings.alerts.backupHours
    ? []
    : [
        {
          subject: "backup",
          problem: newest === "" ? "there is none" : `the newest is ${hours.toFixed(0)} hours old`,
          remedy: "`systemctl status pi-monitoring-backup` on the server says why",
        },
      ];
}

/** How Telegraf's buffer is; `null` if Telegraf does not say. */
export async function readBuffer(settings: Settings): Promise<BufferHealth | null> {
  const status = await docker(settings, ["exec", telegrafName(settings), "cat", bufferStatusFile]).catch(
    () => "null",
  );
  return JSON.parse(status) as BufferHealth | null;
}

export function bufferFindings(buffer: BufferHealth | null): Finding[] {
  const subject = "telegraf";
  if (buffer === null) {
    const remedy = "`docker logs telegraf` on the server may tell why";
    return [
      {
        subject,
        problem: "it does not say how its buffer is",
        remedy,
        passes: true,
      },
    ];
  }
  const full: Finding = {
    subject,
    problem: "its disk is full: samples wait in memory alone, and are lost if they must wait long",
    remedy: "make room on the server's disk, or bring InfluxDB back; Telegraf finds it by itself",
    passes: true,
  };
  return [
    ...(buffer.place === "memory" ? [full] : []),
    ...buffer.setAside.map((file) => ({
      subject,
      problem: `a damaged file of the buffer was set aside: ${file}; what could be read of it was kept`,
      remedy: `remove it when you do not need it: \`docker exec telegraf rm /var/lib/telegraf/set-aside/${file}\``,
    })),
  ];
}

/** The images that the settings have and no `up` has taken up yet. */
export function imagesBehind({ stack, settings, resources }: Known): Finding[] {
  const type = "docker:index/remoteImage:RemoteImage";
  const taken = resources
    .filter((each) => each.type === type)
    .map(({ inputs }) => inputs !== undefined && "name" in inputs && inputs.name);
  const { influxdb, ...others } = settings.images;
  // That of an InfluxDB that somebody else runs is not used.
  const used = [...Object.values(others), ...(settings.influxdb.kind === "external" ? [] : [influxdb])];
  return used
    .filter((image) => taken.length > 0 && !taken.includes(image))
    .map((image) => ({
      subject: image,
      problem: "the settings have this image, and an older or another one runs",
      remedy: `\`npm run deploy -- ${stack.name}\``,
    }));
}

/** The images that the settings pin to older versions than this program has. */
export function olderImages({ images }: Settings): string[] {
  return Object.entries(defaultImages).flatMap(([server, image]) => {
    const pinned = images[server as keyof typeof defaultImages];
    return isOlder(pinned, image) ? [`the settings pin ${pinned}; this program has ${image}`] : [];
  });
}
