import type { Managed } from "../../../components/machine/installed";
import type { Settings } from "../../../components/settings/settings";
import type { SshMachine } from "../../../components/machine/ssh";
import { type RunFailure, runOnMachine } from "../../remote/runOnMachine";
import type { Finding } from "../findings";

/** The lines that an inspection has printed. */
export interface Inspection {
  /** The words of the line that starts with these ones, without them; none if there is no such line. */
  readonly words: (...first: readonly string[]) => readonly string[];
  /** Seconds by which the machine's clock is certainly wrong; negative for one that is behind. */
  readonly clockOffset: number;
}

/**
 * Runs an inspection on a machine, in one SSH session.
 *
 * @param command runs a script that it gets on standard input
 */
export async function inspect(
  machine: SshMachine,
  script: string,
  command: string,
): Promise<Inspection | RunFailure> {
  const run = await runOnMachine(machine, script, command);
  return "reason" in run ? run : parseInspection(run.stdout, run.startedAt, run.answeredAt);
}

/**
 * @param startedAt when the inspection was started, in milliseconds
 * @param answeredAt when its first line came
 */
export function parseInspection(text: string, startedAt: number, answeredAt: number): Inspection {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const words = (...first: readonly string[]): readonly string[] =>
    lines.find((line) => first.every((word, index) => line[index] === word))?.slice(first.length) ?? [];
  const clock = Number(words("clock")[0]) * 1000;
  // The machine has read its clock some time between the two.
  const offset = clock > answeredAt ? clock - answeredAt : Math.min(0, clock - startedAt);
  return { words, clockOffset: offset / 1000 };
}

/** The differences of a machine from what was deployed there, in words. */
export function differences(managed: Managed, { words }: Inspection): string[] {
  const found: string[] = [];
  for (const name of managed.packages) {
    if ((words("package", name)[0] ?? "") === "") {
      found.push(`the package ${name} is not installed`);
    }
  }
  const joinedFiles = (managed.joinedFiles ?? []).map((file) => ({
    ...file,
    sha256: words("file", file.path)[2],
    difference: `is not what ${file.parts.join(" and ")} have`,
  }));
  const files = managed.files.map((file) => ({ ...file, difference: "differs from what was deployed" }));
  for (const { path, sha256, mode, owner, difference } of [...files, ...joinedFiles]) {
    const [sum, access = ""] = words("file", path);
    if (sum !== sha256) {
      found.push(`${path} ${sum === "" ? "is missing" : difference}`);
    } else if (access !== `${mode} ${owner}`) {
      found.push(`${path} has ${access}, and should have ${mode} ${owner}`);
    }
  }
  for (const { unit, program, arguments: wanted } of managed.daemons) {
    const [commandLine = "", executable = ""] = words("process", unit);
    if (words("unit", unit)[1] === "active" && !commandLine.includes(wanted.join(" "))) {
      found.push(`${unit} runs with other arguments`);
    } else if (executable !== "" && executable !== program) {
      found.push(
        `${unit} runs a program that was replaced since it started, as by an upgrade of its package`,
      );
    }
  }
  for (const unit of [...managed.daemons.map((daemon) => daemon.unit), ...managed.units]) {
    const [enabled = "", active = ""] = words("unit", unit);
    if (enabled !== "enabled") {
      found.push(`${unit} is ${enabled === "" ? "not there" : enabled}: it does not start with the machine`);
    }
    if (active !== "active") {
      found.push(`${unit} is ${active}`);
    }
  }
  return found;
}

/** Whether one of the program's daemons does not run, or Prometheus does not answer. */
export function hasStoppedDaemon({ daemons, prometheusUrl }: Managed, { words }: Inspection): boolean {
  return (
    daemons.some(({ unit }) => words("unit", unit)[1] !== "active") ||
    (prometheusUrl !== undefined && (words("targets")[0] ?? "") === "")
  );
}

/** The problems of a machine that no script of the program can repair. */
export function machineProblems(
  subject: string,
  { disks }: Managed,
  { words, clockOffset }: Inspection,
  { alerts }: Pick<Settings, "alerts">,
): Finding[] {
  const found: Finding[] = [];
  if (Math.abs(clockOffset) > alerts.clockSeconds) {
    const remedy = "`timedatectl` there shows whether a time service sets it, such as systemd-timesyncd";
    found.push({ subject, problem: `its clock is ${clockOffset.toFixed(0)} s off`, remedy });
  }
  // Several folders may be on one disk.
  const states = new Map(
    disks.map((folder) => words("disk", folder)).map((state) => [state[0] ?? "", state]),
  );
  for (const [place, [, percent = "", access]] of states) {
    if (Number(percent) > alerts.diskPercent) {
      const problem = `the disk of ${place} is full to ${percent} %`;
      found.push({ subject, problem, remedy: "make room there" });
    }
    if (access === "read-only") {
      const remedy = "an SD card that fails looks like this: `dmesg` there says more; replace the card";
      found.push({ subject, problem: `${place} is read-only`, remedy });
    }
  }
  return found;
}
