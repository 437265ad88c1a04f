import { components, resources as names } from "../../components/server/resourceNames";
import { UserError } from "../../components/userError";
import type { LoadedStack } from "./stack";
import { nameOf } from "./state";

/** The type of a resource that is an image. */
export const imageType = "docker:index/remoteImage:RemoteImage";

/** The servers that keep a database, which a newer version may change for good. */
const databases = ["influxdb", "grafana"] as const;

/** A change of the version of a database. */
export interface Upgrade {
  readonly server: (typeof databases)[number];
  readonly from: string;
  readonly to: string;
}

/**
 * The databases whose major or minor version the next `up` changes, which calls for a backup.
 *
 * @throws UserError for a downgrade that would cost data
 */
export function databaseUpgrades({
  settings: { images },
  resources,
}: Pick<LoadedStack, "settings" | "resources">): Upgrade[] {
  return databases.flatMap((server) => {
    const image = resources.find(
      (each) => each.type === imageType && nameOf(each) === names.image(components[server]),
    );
    return image === undefined ? [] : compare(server, image.inputs?.name ?? "", images[server]);
  });
}

export function compare(server: Upgrade["server"], from: string, to: string): Upgrade[] {
  const [before, after] = [versionOf(from), versionOf(to)];
  if (server === "influxdb" && isAtLeast(before, "2.9") && !isAtLeast(after, "2.8")) {
    throw new UserError(
      `InfluxDB cannot go back from ${from} to ${to}: since 2.9 it keeps only hashes of its tokens, which versions before 2.8 erase, and then no token works any more. Restore a backup from before the upgrade instead.`,
    );
  }
  const minor = (version: string | undefined): string | undefined => version?.replace(/\.\d+$/, "");
  const isSame = from === to || (before !== undefined && minor(before) === minor(after));
  return isSame ? [] : [{ server, from, to }];
}

/** Whether an image is an earlier version of another one, from the same repository. */
export function isOlder(image: string, other: string): boolean {
  const repository = (reference: string): string => reference.replace(/[:@].*/, "");
  const version = versionOf(other);
  return (
    repository(image) === repository(other) && version !== undefined && !isAtLeast(versionOf(image), version)
  );
}

/** Whether a version is another one, or newer; also if it is unknown. */
function isAtLeast(version: string | undefined, other: string): boolean {
  return version === undefined || version.localeCompare(other, "en", { numeric: true }) >= 0;
}

/** The version of an image by its tag, such as `2.9.0`; a digest has none. */
function versionOf(image: string): string | undefined {
  const [, minor, patch = "0"] = /:v?(\d+\.\d+)(?:\.(\d+))?/.exec(image) ?? [];
  return minor === undefined ? undefined : `${minor}.${patch}`;
}
