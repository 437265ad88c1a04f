import { UserError } from "../../components/userError";
import type { Stack } from "./stack";

/** The servers that keep a database, which a newer version may change for good. */
const databases = ["influxdb", "grafana"] as const;

/** Another version of a server that keeps a database. */
export interface Upgrade {
  readonly server: (typeof databases)[number];
  readonly from: string;
  readonly to: string;
}

/**
 * The databases whose major or minor version the next `up` changes: a backup is worth its time.
 *
 * @throws UserError for a downgrade that would cost data
 */
export async function databaseUpgrades(stack: Stack): Promise<Upgrade[]> {
  const [{ images }, before] = [await stack.settings(), await imagesInState(stack)];
  return databases.flatMap((server) => {
    const from = before.get(`server-${server}-image`);
    return from === undefined ? [] : compare(server, from, images[server]);
  });
}

/** @param images the references of a server's image, before and after */
export function compare(server: Upgrade["server"], from: string, to: string): Upgrade[] {
  if (server === "influxdb" && isAtLeast(from, [2, 9]) && !isAtLeast(to, [2, 8])) {
    throw new UserError(
      `InfluxDB cannot go back from ${from} to ${to}: since 2.9 it keeps only hashes of its tokens, which versions before 2.8 erase, and nobody could write or read any more. Restore a backup from before the upgrade instead.`,
    );
  }
  const [a, b] = [version(from), version(to)];
  // Whoever pins a digest tells no version.
  const isSame = from === to || (a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1]);
  return isSame ? [] : [{ server, from, to }];
}

/** Whether an image is of the same repository as another one, and of an earlier version. */
export function isOlder(image: string, other: string): boolean {
  const repository = (reference: string): string => reference.replace(/[:@].*/, "");
  const [a, b] = [version(image), version(other)];
  return (
    repository(image) === repository(other) &&
    a !== undefined &&
    b !== undefined &&
    (a[0] < b[0] || (a[0] === b[0] && (a[1] < b[1] || (a[1] === b[1] && a[2] < b[2]))))
  );
}

function isAtLeast(image: string, [major, minor]: readonly [number, number]): boolean {
  const found = version(image);
  return found === undefined || found[0] > major || (found[0] === major && found[1] >= minor);
}

function version(image: string): [major: number, minor: number, patch: number] | undefined {
  const [, major, minor, patch = "0"] = /:v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(image) ?? [];
  return major === undefined || minor === undefined
    ? undefined
    : [Number(major), Number(minor), Number(patch)];
}

async function imagesInState(stack: Stack): Promise<ReadonlyMap<string, string>> {
  const { deployment } = JSON.parse(await stack.exportState()) as {
    deployment: { resources?: { urn: string; type: string; delete?: boolean; inputs?: { name?: string } }[] };
  };
  // One that was replaced stays until the end of an `up`.
  const found = (deployment.resources ?? []).filter(
    (each) => each.type === "docker:index/remoteImage:RemoteImage" && each.delete !== true,
  );
  return new Map(found.map(({ urn, inputs }) => [urn.replace(/.*::/, ""), inputs?.name ?? ""]));
}
