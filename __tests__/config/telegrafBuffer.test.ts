import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { renderTelegrafConfig } from "../../components/server/telegraf/telegraf";
import { eventually } from "../support/eventually";
import { type InfluxStandIn, startInfluxStandIn } from "../support/influxStandIn";
import { mergingAtTheEnd, remoteWrite, startTelegraf, writeTelegrafConfig } from "../support/runTelegraf";
import { temporaryFolder } from "../support/temporaryFolder";
import { exampleTelegraf } from "../support/exampleTelegraf";

const script = join(__dirname, "../../components/server/telegraf/telegraf.repairBuffer.pl");
const folder = temporaryFolder();
const buffer = join(folder, "buffer");
const setAside = join(folder, "set-aside");

/** A buffer that is filled once, and damaged by each test. The one of several files is the small one, split. */
type Prepared = "small" | "several" | "large";

/** A label of every sample. Telegraf rewrites a file after every 1,000 samples, so a few long ones fill files faster. */
const monitors: Readonly<Record<Prepared, string>> = {
  small: "mykube".repeat(250),
  several: "mykube".repeat(250),
  large: "mykube".repeat(2_500),
};

let influxDb: InfluxStandIn;
let config: string;

beforeAll(async () => {
  influxDb = await startInfluxStandIn();
  // Telegraf finds its buffer again by what is written about InfluxDB, its URL included.
  const content = renderTelegrafConfig({ ...exampleTelegraf, influxUrl: influxDb.url });
  config = writeTelegrafConfig(folder, mergingAtTheEnd(content));
  await fill("small", 2_000);
  split("small", "several");
  await fill("large", 3_000);
});

afterAll(() => {
  influxDb.close();
});

/** A sample in a file of the buffer. */
interface Entry {
  /** Nothing for one of Telegraf's own. */
  readonly sample: string | undefined;
  /** Where its length begins. */
  readonly from: number;
  /** Where its value begins. */
  readonly value: number;
  readonly to: number;
}

test("the small buffer has one file, and the large one three or more", () => {
  expect(bufferFiles(join(folder, "small"))).toHaveLength(1);
  expect(bufferFiles(join(folder, "large")).length).toBeGreaterThanOrEqual(3);
});

test("a buffer that the test has split is like one that Telegraf has: a file has the number of its first sample", () => {
  for (const name of ["several", "large"] as const) {
    const files = bufferFiles(join(folder, name));
    expect(files.length).toBeGreaterThanOrEqual(3);
    const counts = files.map((file) => entriesOf(readFileSync(file)).length);
    const expected = files.map(
      (_, index) => 1 + counts.slice(0, index).reduce((sum, count) => sum + count, 0),
    );
    expect(files.map((file) => Number(basename(file)))).toEqual(expected);
  }
});

describe("an undamaged buffer", () => {
  test.each<Prepared>(["small", "several", "large"])("stays as it is (%s)", (name) => {
    restore(name);
    const before = everyFile(buffer);
    expect(repair()).toEqual([]);
    expect(everyFile(buffer)).toEqual(before);
  });

  test("can be one that nothing was written to yet", () => {
    restore("small");
    rmSync(buffer, { recursive: true });
    mkdirSync(buffer);
    expect(repair()).toEqual([]);
    mkdirSync(join(buffer, "an-output"));
    writeFileSync(join(buffer, "an-output/00000000000000000001"), "");
    expect(repair()).toEqual([]);
    expect(everyFile(buffer)).toEqual({ "an-output/00000000000000000001": checksum(Buffer.alloc(0)) });
  });
});

/** Damage to the files of a buffer, which are given in order. */
type Damage = (files: readonly string[]) => void;

interface DamageCase {
  readonly what: string;
  readonly name: Prepared;
  readonly damage: Damage;
}

const damages: readonly DamageCase[] = [
  { what: "nothing", name: "small", damage: () => undefined },
  {
    what: "a last sample that is cut off within its value",
    name: "small",
    damage: cut(last, (entry) => entry.to - 1),
  },
  {
    what: "a last sample that is cut off behind its length",
    name: "small",
    damage: cut(last, (entry) => entry.value),
  },
  {
    what: "a last sample that is cut off within its length",
    name: "small",
    damage: cut(last, (entry) => entry.from + 1),
  },
  { what: "a last file that is cut off to half", name: "several", damage: cut(last, halfway) },
  { what: "a last file that is nothing but zeros", name: "several", damage: zero(last, () => 0) },
  { what: "an only file that is nothing but zeros", name: "small", damage: zero(last, () => 0) },
  { what: "a first file that is nothing but zeros", name: "several", damage: zero(first, () => 0) },
  { what: "a first file that is cut off to half", name: "several", damage: cut(first, halfway) },
  { what: "a first file with zeros in it", name: "several", damage: zero(first, halfway, 40_960) },
  { what: "a middle file that is nothing but zeros", name: "several", damage: zero(middle, () => 0) },
  { what: "a middle file that is cut off to half", name: "several", damage: cut(middle, halfway) },
  { what: "a middle file that is empty", name: "several", damage: cut(middle, () => 0) },
  {
    what: "zeros in place of the last samples",
    name: "small",
    damage: zero(last, (_, entries) => entryAt(entries, -9).from),
  },
  {
    what: "zeros that begin within a length",
    name: "small",
    damage: zero(last, (_, entries) => entryAt(entries, -9).from + 1),
  },
  {
    what: "zeros that begin within the types of a sample",
    name: "small",
    damage: zero(last, (_, entries) => entryAt(entries, -9).value + 50),
  },
  {
    what: "damage to every file",
    name: "large",
    damage: (files) => {
      cut(first, halfway)(files);
      zero(middle, halfway)(files);
      cut(last, (entry) => entry.to - 1)(files);
    },
  },
];

test.each(damages)("of a buffer with $what all whole samples arrive", async ({ name, damage }) => {
  restore(name);
  const files = bufferFiles(buffer);
  const before = files.map((file) => readFileSync(file));
  damage(files);
  const after = files.map((file) => readFileSync(file));
  const whole = before.flatMap((content, index) => wholeSamples(content, after[index] ?? Buffer.alloc(0)));

  const copies = repair();
  const damaged = files
    .map((file, index) => ({ file, content: after[index] ?? Buffer.alloc(0), whole: before[index] }))
    .filter(({ content, whole: original }) => content.length > 0 && original?.equals(content) === false);
  expect(copies.map((copy) => basename(copy).replace(/^\d+-/, "")).sort()).toEqual(
    damaged.map(({ file }) => `${basename(dirname(file))}-${basename(file)}`).sort(),
  );
  for (const { file, content } of damaged) {
    const copy = copies.find((each) => each.endsWith(`-${basename(file)}`)) ?? "";
    expect(readFileSync(copy).equals(content)).toBe(true);
  }

  // A second look finds nothing more.
  const repaired = everyFile(buffer);
  expect(repair()).toEqual([]);
  expect(everyFile(buffer)).toEqual(repaired);

  expect(await drain(name)).toEqual(whole);
});

// Zeros within the last message of a sample are taken for its value.
test("zeros that begin anywhere within a sample cost this one and those behind it", () => {
  restore("small");
  const content = readFileSync(bufferFiles(buffer)[0] ?? "");
  const [one, two, three] = entriesOf(content) as [Entry, Entry, Entry];
  rmSync(buffer, { recursive: true });
  // Every place is tried at once, as if there were so many outputs.
  const places = Array.from({ length: three.to - three.from }, (_, index) => three.from + index);
  for (const place of places) {
    mkdirSync(join(buffer, `${place}`), { recursive: true });
    const damaged = Buffer.concat([content.subarray(0, place), Buffer.alloc(5000)]);
    writeFileSync(join(buffer, `${place}/00000000000000000001`), damaged);
  }
  expect(repair()).toHaveLength(places.length);
  const lost = places.filter((place) => {
    const kept = readFileSync(join(buffer, `${place}/00000000000000000001`));
    // The last bytes of a sample are zeros anyhow.
    const third = content.subarray(place, three.to).every((byte) => byte === 0);
    return !kept.equals(content.subarray(0, third ? three.to : two.to));
  });
  expect(one.from).toBe(0);
  expect(lost.map((place) => place - three.value)).toEqual([]);
});

describe("a truncation that was interrupted", () => {
  const remaining = (file: string, from: number): { name: string; content: Buffer; samples: string[] } => {
    const content = readFileSync(file);
    const entries = entriesOf(content);
    const number = Number(basename(file)) + from;
    return {
      name: join(dirname(file), `${number}`.padStart(20, "0")),
      content: content.subarray(entryAt(entries, from).from),
      samples: samplesOf(entries.slice(from)),
    };
  };

  test("before the new first file was complete is dropped", async () => {
    restore("small");
    const [file = ""] = bufferFiles(buffer);
    const all = samplesOf(entriesOf(readFileSync(file)));
    const { name, content } = remaining(file, 500);
    writeFileSync(`${name}.START.TEMP`, content.subarray(0, 10_000));
    expect(repair()).toEqual([]);
    expect(bufferFiles(buffer)).toEqual([file]);
    expect(readdirSync(dirname(file))).toEqual([basename(file)]);
    expect(await drain("small")).toEqual(all);
  });

  test("before the old first file was removed is completed", async () => {
    restore("small");
    const [file = ""] = bufferFiles(buffer);
    const { name, content, samples } = remaining(file, 500);
    writeFileSync(`${name}.START`, content);
    expect(repair()).toEqual([]);
    expect(readdirSync(dirname(file))).toEqual([basename(name)]);
    expect(await drain("small")).toEqual(samples);
  });

  test.each([0, 2])("when %d of the old files were removed is completed", async (removed) => {
    restore("several");
    const files = bufferFiles(buffer);
    const [one = "", two = "", ...others] = files;
    const { name, content, samples } = remaining(two, 7);
    const more = others.flatMap((file) => samplesOf(entriesOf(readFileSync(file))));
    writeFileSync(`${name}.START`, content);
    for (const file of [one, two].slice(0, removed)) {
      rmSync(file);
    }
    expect(repair()).toEqual([]);
    expect(bufferFiles(buffer)).toEqual([name, ...others]);
    expect(await drain("several")).toEqual([...samples, ...more]);
  });

  test("where the new first file begins as an old one did is completed", async () => {
    restore("several");
    const [one = "", two = "", ...others] = bufferFiles(buffer);
    writeFileSync(`${two}.START`, readFileSync(two));
    expect(repair()).toEqual([]);
    expect(bufferFiles(buffer)).toEqual([two, ...others]);
    expect(readdirSync(dirname(one))).not.toContain(`${basename(two)}.START`);
    const left = samplesIn(buffer);
    expect(await drain("several")).toEqual(left);
  });

  test("with a torn last file is completed, and the file repaired", async () => {
    restore("several");
    const [one = "", two = "", ...others] = bufferFiles(buffer);
    const torn = others.at(-1) ?? "";
    cut(last, (entry) => entry.to - 1)([torn]);
    const content = readFileSync(torn);
    renameSync(two, `${two}.START`);
    const [copy = "", ...more] = repair();
    expect(more).toEqual([]);
    expect(readFileSync(copy).equals(content)).toBe(true);
    expect(readdirSync(dirname(one))).not.toContain(basename(one));
    const left = samplesIn(buffer);
    expect(await drain("several")).toEqual(left);
  });
});

test("the script needs no more of Perl than Debian's perl-base has", () => {
  restore("small");
  cut(last, (entry) => entry.to - 1)(bufferFiles(buffer));
  const loaded = join(folder, "ListLoaded.pm");
  writeFileSync(loaded, 'package ListLoaded; END { print STDERR join("\\n", sort keys %INC) } 1;\n');
  const { status, stderr } = spawnSync("perl", ["-I", folder, "-MListLoaded", script, buffer, setAside], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  const perlBase = [
    "Exporter.pm",
    "File/Glob.pm",
    "Text/ParseWords.pm",
    "XSLoader.pm",
    "feature.pm",
    "strict.pm",
    "warnings.pm",
    "warnings/register.pm",
  ];
  expect(stderr.split("\n").filter((each) => each !== "ListLoaded.pm" && !perlBase.includes(each))).toEqual(
    [],
  );
});

test("a file that cannot be written ends the script with an error", () => {
  restore("small");
  cut(last, (entry) => entry.to - 1)(bufferFiles(buffer));
  const before = everyFile(buffer);
  const { status, stderr } = spawnSync("perl", [script, buffer, join(folder, "missing")], {
    encoding: "utf8",
  });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/^cannot write .*\/missing\//);
  expect(everyFile(buffer)).toEqual(before);
});

/** Fills a buffer with samples while InfluxDB is away, ends Telegraf, and keeps the buffer in a folder. */
async function fill(name: Prepared, samples: number): Promise<void> {
  influxDb.away = true;
  const telegraf = await startTelegraf(config);
  const step = 500;
  for (let sent = 0; sent < samples; sent += step) {
    const points = Array.from({ length: Math.min(step, samples - sent) }, (_, index) => ({
      cpu: "0",
      instance: "kube-0.local",
      job: "node",
      mode: "idle",
      monitor: monitors[name],
      sample: `sample-${`${sent + index}`.padStart(6, "0")}`,
    }));
    // Two fields of each point.
    const series = points.flatMap((labels) => [
      { __name__: "node_cpu_guest_seconds_total", ...labels },
      { __name__: "node_cpu_seconds_total", ...labels },
    ]);
    const { status } = await fetch(telegraf.ingestUrl, { method: "POST", body: remoteWrite(series) });
    expect(status).toBe(204);
  }
  await telegraf.end("SIGTERM");
  expect(samplesIn(buffer)).toHaveLength(samples);
  influxDb.away = false;
  renameSync(buffer, join(folder, name));
}

/** Splits the file of a buffer in three, as Telegraf begins another one after 20 MB: filling so many takes too long for each test. */
function split(from: Prepared, into: Prepared): void {
  cpSync(join(folder, from), join(folder, into), { recursive: true });
  const [file = ""] = bufferFiles(join(folder, into));
  const content = readFileSync(file);
  const entries = entriesOf(content);
  const third = Math.floor(entries.length / 3);
  rmSync(file);
  for (const begin of [0, third, 2 * third]) {
    const end = begin === 2 * third ? content.length : entryAt(entries, begin + third).from;
    const name = `${Number(basename(file)) + begin}`.padStart(20, "0");
    writeFileSync(join(dirname(file), name), content.subarray(entryAt(entries, begin).from, end));
  }
}

/** Brings a buffer back that was kept. */
function restore(name: Prepared): void {
  rmSync(buffer, { recursive: true, force: true });
  rmSync(setAside, { recursive: true, force: true });
  mkdirSync(setAside);
  cpSync(join(folder, name), buffer, { recursive: true });
}

/** Runs the script. Gives the copies of damaged files that it has made. */
function repair(): string[] {
  const before = readdirSync(setAside);
  const { status, stdout, stderr } = spawnSync("perl", [script, buffer, setAside], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  const copies = readdirSync(setAside)
    .filter((file) => !before.includes(file))
    .map((file) => join(setAside, file));
  const lines = copies.map((copy) => `set aside a damaged file of the buffer: ${copy}`);
  expect(stdout.split("\n").slice(0, -1).sort()).toEqual(lines.sort());
  return copies;
}

/** Runs Telegraf until its buffer is empty. Gives the samples that have arrived whole, and other lines as they are. */
async function drain(name: Prepared): Promise<string[]> {
  const arrived = influxDb.writes.length;
  const telegraf = await startTelegraf(config);
  try {
    await eventually("an empty buffer", 20, () => {
      expect(telegraf.isRunning()).toBe(true);
      expect(isEmpty(buffer)).toBe(true);
    });
  } finally {
    await telegraf.end("SIGKILL");
  }
  return influxDb.writes
    .slice(arrived)
    .flatMap(({ lines }) => lines)
    .filter((line) => line.startsWith("prometheus_remote_write,"))
    .map((line) => {
      const [sample = ""] = /sample-\d{6}/.exec(line) ?? [];
      return line === lineOf(name, sample) ? sample : line;
    })
    .sort();
}

function lineOf(name: Prepared, sample: string): string {
  const tags = `cpu=0,instance=kube-0.local,job=node,mode=idle,monitor=${monitors[name]},sample=${sample}`;
  return `prometheus_remote_write,${tags} node_cpu_guest_seconds_total=1,node_cpu_seconds_total=1 1000000`;
}

/** The files of the buffer in order, without those of outputs that nothing is written to. */
function bufferFiles(where: string): string[] {
  return readdirSync(where)
    .flatMap((output) => readdirSync(join(where, output)).map((file) => join(where, output, file)))
    .filter((file) => /\/\d{20}$/.test(file) && statSync(file).size > 0)
    .sort();
}

/** The checksum of every file, which is compared faster than its content. */
function everyFile(where: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(where, { recursive: true, encoding: "utf8" })
      .filter((file) => statSync(join(where, file)).isFile())
      .map((file) => [file, checksum(readFileSync(join(where, file)))]),
  );
}

function checksum(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Whether nothing is left in any file. One that has just got another name may have everything. */
function isEmpty(where: string): boolean {
  return readdirSync(where, { recursive: true, encoding: "utf8" })
    .map((file) => statSync(join(where, file), { throwIfNoEntry: false }))
    .every((file) => file !== undefined && (file.isDirectory() || file.size === 0));
}

function samplesIn(where: string): string[] {
  return bufferFiles(where).flatMap((file) => samplesOf(entriesOf(readFileSync(file))));
}

function samplesOf(entries: readonly Entry[]): string[] {
  return entries.map(({ sample }) => sample).filter((sample) => sample !== undefined);
}

/** The samples of a file that are whole, and before the first damage. */
function wholeSamples(content: Buffer, damaged: Buffer): string[] {
  const entries = entriesOf(content);
  const damage = entries.findIndex(
    ({ from, to }) => !content.subarray(from, to).equals(damaged.subarray(from, to)),
  );
  return samplesOf(damage === -1 ? entries : entries.slice(0, damage));
}

/** Each is its length as a varint, and so many bytes. Source: github.com/tidwall/wal v1.2.1 */
function entriesOf(content: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let from = 0; from < content.length;) {
    let [length, value] = [0, from];
    for (let shift = 0; ; shift += 7) {
      const byte = content[value++] ?? 0;
      length |= (byte & 127) << shift;
      if (byte < 128) {
        break;
      }
    }
    const to = value + length;
    const name = content.subarray(value, to).indexOf("sample-");
    const sample = name === -1 ? undefined : content.toString("latin1", value + name, value + name + 13);
    entries.push({ sample, from, value, to });
    from = to;
  }
  return entries;
}

function first(files: readonly string[]): string {
  return files[0] ?? "";
}

function middle(files: readonly string[]): string {
  return files[1] ?? "";
}

function last(files: readonly string[]): string {
  return files.at(-1) ?? "";
}

function entryAt(entries: readonly Entry[], index: number): Entry {
  const entry = entries.at(index);
  if (entry === undefined) {
    throw new Error("the file has too few samples");
  }
  return entry;
}

/** A place in a file, by its last sample and all of them. */
type Place = (lastEntry: Entry, entries: readonly Entry[]) => number;

/** The middle of the value of the sample in the middle. */
function halfway(_: Entry, entries: readonly Entry[]): number {
  const { value, to } = entryAt(entries, Math.floor(entries.length / 2));
  return Math.floor((value + to) / 2);
}

function cut(which: (files: readonly string[]) => string, place: Place): Damage {
  return (files) => {
    const file = which(files);
    const entries = entriesOf(readFileSync(file));
    truncateSync(file, place(entryAt(entries, -1), entries));
  };
}

/** Writes zeros from a place to the end of the file, or so many of them. */
function zero(which: (files: readonly string[]) => string, place: Place, length?: number): Damage {
  return (files) => {
    const file = which(files);
    const content = readFileSync(file);
    const entries = entriesOf(content);
    const from = place(entryAt(entries, -1), entries);
    writeFileSync(file, content.fill(0, from, length === undefined ? undefined : from + length));
  };
}
