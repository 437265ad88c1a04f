import { join } from "node:path";
import { sha256 } from "../sha256";
import { render } from "../template";

/** A file as a set-up script leaves it. */
export interface ManagedFile {
  readonly path: string;
  /** Four octal digits, such as `0644`. */
  readonly mode: string;
  /** `user:group`. */
  readonly owner: string;
  readonly content: string;
}

/** The folder of this program's scripts on a machine. */
export const programFolder = "/usr/local/lib/pi-monitoring";

/** A file that belongs to root. */
export function rootFile(path: string, mode: string, content: string): ManagedFile {
  return { path, mode, owner: "root:root", content };
}

/** A unit of systemd. */
export function unitFile(unit: string, content: string): ManagedFile {
  return rootFile(`/etc/systemd/system/${unit}`, "0644", content);
}

/** The state that a file must have, without its content, which may be a secret or come from elsewhere. */
export interface FileState extends Omit<ManagedFile, "content"> {
  readonly sha256: string;
}

/** A file that the machine makes by joining others, some of which are its own. */
export interface JoinedFile extends Omit<ManagedFile, "content"> {
  /** Paths, in their order. */
  readonly parts: readonly string[];
}

/** A daemon of the program, with an executable of Debian's. */
export interface ManagedDaemon {
  /** Of systemd. */
  readonly unit: string;
  readonly program: string;
  readonly arguments: readonly string[];
}

/** What a set-up script installs on a machine, and an inspection looks for. */
export interface Managed {
  readonly packages: readonly string[];
  readonly files: readonly FileState[];
  readonly joinedFiles?: readonly JoinedFile[] | undefined;
  readonly daemons: readonly ManagedDaemon[];
  /** Units of systemd besides the daemons; enabled and active. */
  readonly units: readonly string[];
  /** Files of metrics that are written every few seconds; some only where the firmware answers `vcgencmd`. */
  readonly metrics: readonly { readonly path: string; readonly needsFirmware: boolean }[];
  /** The URL of the machine's own Prometheus, which reports on its targets and its remote write; unset without one. */
  readonly prometheusUrl?: string | undefined;
  /** Where the machine sends samples, and the file by which it checks the certificate there; unset where it sends none. */
  readonly server?: { readonly url: string; readonly authorities: string } | undefined;
  /** Folders whose disks must not be full. */
  readonly disks: readonly string[];
}

/** What several set-up scripts install on one machine. */
export function merge(parts: readonly Managed[]): Managed {
  return {
    packages: [...new Set(parts.flatMap(({ packages }) => packages))],
    files: parts.flatMap(({ files }) => files),
    joinedFiles: parts.flatMap(({ joinedFiles = [] }) => joinedFiles),
    daemons: parts.flatMap(({ daemons }) => daemons),
    units: parts.flatMap(({ units }) => units),
    metrics: parts.flatMap(({ metrics }) => metrics),
    prometheusUrl: parts.find(({ prometheusUrl }) => prometheusUrl !== undefined)?.prometheusUrl,
    server: parts.find(({ server }) => server !== undefined)?.server,
    disks: parts.flatMap(({ disks }) => disks),
  };
}

export function fileStates(files: readonly ManagedFile[]): FileState[] {
  return files.map(({ content, ...file }) => ({ ...file, sha256: sha256(content) }));
}

/**
 * The shell script that inspects a machine. It has paths and names, and no content.
 *
 * @param window seconds over which what Prometheus could not send is counted
 */
export function renderInspection(managed: Managed, window: number): string {
  return render(join(__dirname, "installed.inspect.sh.mustache"), "shell", {
    ...managed,
    joinedFiles: managed.joinedFiles ?? [],
    prometheusUrl: managed.prometheusUrl ?? false,
    server: managed.server ?? false,
    failedQuery: `query=sum(increase(prometheus_remote_storage_samples_failed_total[${window}s]))`,
  });
}
