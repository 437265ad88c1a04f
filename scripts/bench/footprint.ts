import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { sleep } from "zx";
import { rehearsalFolder } from "../rehearsal/instance";
import { containerOf, exec } from "../rehearsal/machines/machine";
import { $ } from "../cli/shell";
import type { Bench, Measurement } from "./bench";
import { figure } from "./figure";
import { exporterOnDisk, freshPis, nodeMachine, pythonImage, removeNodes } from "./fleet";
import { Project, settingsOf } from "./project";

/** Seconds for which both are watched. */
const windowSeconds = 600;
/** The default of `prometheus.scrapeInterval`. */
const scrapeSeconds = 60;

/** What a Pi's `/var` is on: all that is written while nothing is set up. */
interface Card {
  readonly device: string;
  readonly volume: string;
}

/** What a machine has used so far. */
interface Usage {
  readonly cpuSeconds: number;
  readonly writtenBytes: number;
}

/** What everything that is installed on a node costs it: two Pis side by side, one of them set up. */
export const footprint: Measurement = {
  title: "What it costs a node, beside one that is not set up",
  measure: async (bench) => {
    const image = await pythonImage(bench);
    const cards = [await insertCard(0, image), await insertCard(1, image)] as const;
    try {
      const pis = await freshPis(cards.length, bench, (index) => [
        "--volume",
        `${cards[index]?.volume ?? ""}:/var`,
      ]);
      const project = new Project(bench, "nodes");
      await project.reset({ ...settingsOf(pis.slice(0, 1)), exporter: await exporterOnDisk() });
      await project.up("--skip-preview");
      return await observe(cards, bench);
    } finally {
      await removeNodes();
      await Promise.all(cards.map(ejectCard));
    }
  },
};

async function observe(
  cards: readonly [Card, Card],
  { preparation }: Bench,
): ReturnType<Measurement["measure"]> {
  // What the set-up itself has left to write.
  await sleep(60_000);
  preparation.report(`watching for ${windowSeconds / 60} minutes`);
  const use = (): Promise<Usage[]> =>
    Promise.all(cards.map((card, index) => usage(nodeMachine(index), card)));
  const before = await use();
  const address = await addressOf(nodeMachine(0));
  for (let passed = 0; passed < windowSeconds; passed += scrapeSeconds) {
    await sleep(scrapeSeconds * 1000);
    await (await fetch(`http://${address}:9100/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
  }
  const after = await use();
  const used = (index: number, of: keyof Usage): number =>
    (after[index]?.[of] ?? 0) - (before[index]?.[of] ?? 0);
  const extra = (of: keyof Usage): number => used(0, of) - used(1, of);
  const kilobytes = await exec(nodeMachine(0), [
    "sh",
    "-c",
    "grep VmHWM /proc/$(pidof prometheus-node-exporter)/status",
  ]);
  return [
    {
      name: "nodeCpuPercent",
      title: "a node's processor",
      figure: figure([(100 * extra("cpuSeconds")) / windowSeconds]),
      unit: "% of one core of this machine",
      limit: { atMost: 1 },
    },
    {
      name: "nodeMemoryMb",
      title: "a node's memory",
      figure: figure([Number(/\d+/.exec(kilobytes)?.[0]) / 1024]),
      unit: "MB at most",
      limit: { atMost: 64 },
    },
    {
      name: "nodeCardMbPerHour",
      title: "written to a node's SD card",
      figure: figure([(extra("writtenBytes") * 3600) / windowSeconds / 1e6]),
      unit: "MB an hour",
      limit: { atMost: 10 },
    },
  ];
}

async function usage(machine: string, { device }: Card): Promise<Usage> {
  await $`sync`;
  // The time of every process and of its children that have ended, in hundredths of a second: numbers 14 to 17.
  const stats = await exec(machine, ["sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null || true"]);
  const ticks = stats
    .split("\n")
    .flatMap((line) =>
      line
        .replace(/^.*\) /, "")
        .split(" ")
        .slice(11, 15)
        .map(Number),
    )
    .reduce((sum, each) => sum + each, 0);
  // Source: Documentation/block/stat.rst of the kernel: the seventh number is of sectors, of 512 bytes each.
  const sectors = (await readFile(`/sys/block/${basename(device)}/stat`, "utf8")).trim().split(/\s+/)[6];
  return { cpuSeconds: ticks / 100, writtenBytes: Number(sectors) * 512 };
}

async function addressOf(machine: string): Promise<string> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  return (await $`docker inspect --format ${format} ${containerOf(machine)}`).stdout.trim();
}

/** A file system of its own, as a Pi has it on its card, of which the kernel counts what is written. */
async function insertCard(index: number, image: string): Promise<Card> {
  const folder = join(rehearsalFolder, "bench");
  const file = join(folder, `card-${index}`);
  await mkdir(folder, { recursive: true });
  await rm(file, { force: true });
  await $`truncate --size 1G ${file}`;
  await $`mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 ${file}`;
  const device = (await $`losetup --find --show ${file}`).stdout.trim();
  const volume = `pi-monitoring-bench-card-${index}`;
  const options = ["type=ext4", `device=${device}`].flatMap((option) => ["--opt", option]);
  await $({ nothrow: true })`docker volume rm ${volume}`;
  await $`docker volume create --driver local ${options} ${volume}`;
  await $`docker run --rm --volume ${volume}:/card ${image} cp --archive /var/. /card`;
  return { device, volume };
}

async function ejectCard({ device, volume }: Card): Promise<void> {
  await $`docker volume rm ${volume}`;
  await $`losetup --detach ${device}`;
}
