import { join } from "node:path";
import { canInstallPackages, ensurePrograms } from "./apt";
import type { Preparation } from "../../cli/progress";
import { cached } from "../../cli/cache";
import { UserError } from "../../../components/userError";
import { type Part } from "./part";
import { hasImage, pulled } from "./registry";
import { $ } from "../../cli/shell";

export type DebianRelease = "bookworm" | "trixie";

const images = new Map<DebianRelease, Promise<Part>>();

/** Debian's base image, pulled or made from its packages; once in a run, however many ask for it. */
export function debianImage(release: DebianRelease, preparation: Preparation): Promise<Part> {
  const image = images.get(release) ?? findImage(release, preparation);
  images.set(release, image);
  return image;
}

async function findImage(release: DebianRelease, preparation: Preparation): Promise<Part> {
  const official = `debian:${release}-slim`;
  const found = await pulled(official, preparation.report);
  if (found !== undefined) {
    return { name: "Debian", version: release, origin: found, location: official };
  }
  const image = `pi-monitoring-lab/debian:${release}`;
  if (!(await hasImage(image))) {
    const root = await rootFileSystem(release, preparation);
    await $`docker import ${root} ${image}`;
  }
  return { name: "Debian", version: release, origin: "built", location: image };
}

async function rootFileSystem(release: DebianRelease, preparation: Preparation): Promise<string> {
  const folder = await cached(`debian-${release}`, async (unfinished) => {
    await requireDebootstrap(preparation);
    preparation.report(`making a Debian ${release} from its packages (1 to 2 min)`);
    const root = join(unfinished, "root");
    // In a mount namespace of its own, so that nothing stays mounted if it is killed.
    await $`unshare --mount debootstrap --variant=minbase ${release} ${root}`;
    const unused = [
      "./var/cache/apt/*",
      "./var/lib/apt/lists/*",
      "./usr/share/doc/*",
      "./usr/share/man/*",
      "./usr/share/locale/*",
    ];
    const excludes = unused.map((path) => `--exclude=${path}`);
    await $`tar --create --numeric-owner --directory=${root} --file=${unfinished}/root.tar ${excludes} .`;
    await $`rm -rf ${root}`;
  });
  return join(folder, "root.tar");
}

async function requireDebootstrap(preparation: Preparation): Promise<void> {
  if (!(await canInstallPackages())) {
    throw new UserError(
      "No image registry answers, and a Debian image can be made without one only by root on Debian or Ubuntu: run this as root, or `docker load` debian:bookworm-slim and debian:trixie-slim.",
    );
  }
  const packages = { debootstrap: ["debootstrap", "debian-archive-keyring"] };
  await ensurePrograms(packages, "the Debian images", preparation);
}
