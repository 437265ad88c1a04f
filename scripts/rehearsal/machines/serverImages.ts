import { join } from "node:path";
import { build } from "esbuild";
import { defaultImages } from "../../../components/settings/schema";
import { builtViewer } from "../offline/dashboardViewer";
import { debianImage } from "../toolchain/debian";
import { builtImage } from "../toolchain/images";
import { builtInfluxd } from "../offline/influxd";
import type { Part } from "../toolchain/part";
import type { Preparation, Report } from "../../cli/progress";
import { pulled } from "../toolchain/registry";
import { $ } from "../../cli/shell";
import { builtTelegraf } from "../offline/telegraf";
import { rehearsalFolder } from "../instance";
import { containerOf } from "./machine";

type ServerImage = keyof typeof defaultImages;

/** What takes the place of an official image that cannot be pulled. */
interface Substitute {
  readonly name: string;
  /** The folder in offline/images. */
  readonly folder: string;
  readonly origin: "built" | "stand-in";
  /** Makes the files that the image runs, unless they are in the folder. */
  readonly program?: (version: string, preparation: Preparation) => Promise<readonly string[]>;
}

const substitutes: Readonly<Record<ServerImage, Substitute>> = {
  influxdb: {
    name: "InfluxDB",
    folder: "influxdb",
    origin: "built",
    program: async (...args) => [await builtInfluxd(...args)],
  },
  telegraf: {
    name: "Telegraf",
    folder: "telegraf",
    origin: "built",
    program: async (version, { report }) => [await builtTelegraf(version, report)],
  },
  grafana: {
    name: "Grafana",
    folder: "grafana-stand-in",
    origin: "stand-in",
    program: async (version, { report }) => [await bundledGrafana(version), ...(await builtViewer(report))],
  },
  httpsPortal: { name: "https-portal", folder: "https-portal-stand-in", origin: "stand-in" },
};

/** The reference of Grafana's image in the rehearsal: the default one, or what the environment names. */
export function rehearsedGrafana(): string {
  return process.env["PI_MONITORING_GRAFANA_IMAGE"] ?? defaultImages.grafana;
}

/** The images of all servers, in the local engine: the official ones, or what takes their place. */
export async function serverImages(preparation: Preparation): Promise<Readonly<Record<ServerImage, Part>>> {
  const [influxdb, telegraf, grafana, httpsPortal] = await Promise.all([
    serverImage("influxdb", defaultImages.influxdb, preparation),
    serverImage("telegraf", defaultImages.telegraf, preparation),
    serverImage("grafana", rehearsedGrafana(), preparation),
    serverImage("httpsPortal", defaultImages.httpsPortal, preparation),
  ]);
  return { influxdb, telegraf, grafana, httpsPortal };
}

/** Their names, as the setting `images` takes them. */
export function imageNames(images: Readonly<Record<ServerImage, Part>>): Record<ServerImage, string> {
  const { influxdb, telegraf, grafana, httpsPortal } = images;
  return {
    influxdb: influxdb.location,
    telegraf: telegraf.location,
    grafana: grafana.location,
    httpsPortal: httpsPortal.location,
  };
}

/**
 * One of them in the local engine.
 *
 * @param official the reference of the official image, such as `grafana/grafana:12.4.10`
 */
export async function serverImage(
  image: ServerImage,
  official: string,
  preparation: Preparation,
): Promise<Part> {
  const version = official.replace(/.*:/, "");
  const { name, folder, origin, program } = substitutes[image];
  const found = await pulled(official, preparation.report);
  if (found !== undefined) {
    return { name, version, origin: found, location: official };
  }
  const files = program === undefined ? [] : await program(version, preparation);
  // What is built on this machine may need the C library of a newer release than the Pis have.
  const base = (await debianImage("trixie", preparation)).location;
  const recipe = { name: folder, tag: version, base, files };
  return { name, version, origin, location: await builtImage(recipe, preparation.report) };
}

/** Copies images of the local engine into the one of `machine`, unless it has them. */
export async function loadImages(machine: string, images: readonly string[], report: Report): Promise<void> {
  const inside = ["docker", "exec", "--interactive", containerOf(machine)];
  const missing: string[] = [];
  for (const image of images) {
    if ((await layers([], image)) !== (await layers(inside, image))) {
      missing.push(image);
    }
  }
  if (missing.length > 0) {
    report("copying the server images to the VPS (about 15 s)");
    await $`docker save ${missing} | ${inside} docker load`;
  }
}

/** What is in an image; engines may disagree on its id. */
async function layers(prefix: readonly string[], image: string): Promise<string> {
  const format = "{{.RootFS.Layers}}";
  const { stdout } = await $({ nothrow: true })`${prefix} docker image inspect --format ${format} ${image}`;
  return stdout;
}

async function bundledGrafana(version: string): Promise<string> {
  const outfile = join(rehearsalFolder, `build/grafana-${version}/grafana-stand-in.js`);
  const main = join(__dirname, "../offline/images/grafana-stand-in/main.ts");
  await build({
    entryPoints: [main],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    define: { GRAFANA_VERSION: JSON.stringify(version) },
    logLevel: "error",
  });
  return outfile;
}
