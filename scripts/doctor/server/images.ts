import { defaultImages } from "../../../components/settings/schema";
import type { Settings } from "../../../components/settings/settings";
import type { LoadedStack } from "../../stack/stack";
import { imageType, isOlder } from "../../stack/upgrades";
import type { Finding } from "../findings";

/** The images of the settings that were not deployed yet. */
export function imagesBehind({ stack, settings, resources }: LoadedStack): Finding[] {
  const deployed = resources.filter(({ type }) => type === imageType).map(({ inputs }) => inputs?.name);
  const { influxdb, ...others } = settings.images;
  // The program runs no InfluxDB beside an external one.
  const used = [...Object.values(others), ...(settings.influxdb.kind === "external" ? [] : [influxdb])];
  return used
    .filter((image) => deployed.length > 0 && !deployed.includes(image))
    .map((image) => ({
      subject: image,
      problem: "the settings have this image, and an older or another one runs",
      remedy: `\`npm run deploy -- ${stack.name}\``,
    }));
}

/** The images that the settings pin to versions older than the program's. */
export function olderImages({ images }: Pick<Settings, "images">): string[] {
  return Object.entries(defaultImages).flatMap(([server, image]) => {
    const pinned = images[server as keyof typeof defaultImages];
    return isOlder(pinned, image) ? [`the settings pin ${pinned}; this program has ${image}`] : [];
  });
}
