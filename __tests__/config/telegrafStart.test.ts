import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { renderTelegrafStart } from "../../components/server/telegraf/telegraf";
import { ContainerStart } from "../support/containerStart";
import { eventually } from "../support/eventually";
import { exampleSettings } from "../support/exampleSettings";
import { runScript } from "../support/runScript";

const influxUrl = "http://influxdb:8086";
const limitKb = 300 * 1024;
const script = renderTelegrafStart(exampleSettings().influxdb, { bufferLimit: 300 });

/** `space_to_send_kb` and `space_to_grow_kb` of the script. */
const spaceToSend = 48 * 1024;
const spaceToGrow = 128 * 1024;

interface Situation {
  /** Kilobytes that are free. */
  readonly free: number;
  /** Kilobytes that the buffer takes. */
  readonly used: number;
  /** Whether InfluxDB answers. */
  readonly answers: boolean;
}

const plenty: Situation = { free: 10_000_000, used: 10, answers: true };

describe("the place of the buffer", () => {
  const wanted = (now: string, { free, used, answers }: Situation): string => {
    // With the rest, the script would run Telegraf on this machine.
    const [functions = "", rest] = script.split("\nwrite_status()");
    expect(rest).toBeDefined();
    const stubs = `
df() { printf 'Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/sda1 9 9 ${free} 9%% /\\n'; }
du() { printf '${used}\\tx\\n'; }
curl() { case "$*" in *' ${influxUrl}/health') return ${answers ? 0 : 22} ;; *) echo "curl $*" >&2 ;; esac; }`;
    const { status, stdout, stderr } = runScript(`${functions}\nplace=${now}\nwanted_place`, [], stubs);
    expect([status, stderr]).toEqual([0, ""]);
    return stdout;
  };

  test.each<{ now: string; situation: Partial<Situation>; expected: string }>([
    // On disk, where there is space.
    { now: "none", situation: {}, expected: "disk" },
    { now: "disk", situation: {}, expected: "disk" },
    { now: "none", situation: { answers: false }, expected: "disk" },
    { now: "disk", situation: { answers: false }, expected: "disk" },
    { now: "disk", situation: { answers: false, used: limitKb, free: spaceToGrow }, expected: "disk" },
    // While InfluxDB is away it does not grow beyond its limit, nor take the last of the space.
    { now: "disk", situation: { answers: false, used: limitKb + 1 }, expected: "memory" },
    { now: "none", situation: { answers: false, used: limitKb + 1 }, expected: "memory" },
    { now: "disk", situation: { answers: false, free: spaceToGrow - 1 }, expected: "memory" },
    { now: "none", situation: { answers: false, free: spaceToGrow - 1 }, expected: "memory" },
    // While InfluxDB answers, the buffer empties, so it may stay on disk.
    { now: "disk", situation: { used: limitKb + 1 }, expected: "disk" },
    { now: "none", situation: { used: limitKb + 1 }, expected: "disk" },
    { now: "disk", situation: { free: spaceToGrow - 1 }, expected: "disk" },
    { now: "disk", situation: { free: spaceToSend }, expected: "disk" },
    // Without space to send it, Telegraf would end.
    { now: "disk", situation: { free: spaceToSend - 1 }, expected: "memory" },
    { now: "none", situation: { free: spaceToSend - 1 }, expected: "memory" },
    { now: "disk", situation: { free: 0, answers: false }, expected: "memory" },
    // Back only when InfluxDB takes what is on the disk, and with space enough that it does not move to memory again at once.
    { now: "memory", situation: {}, expected: "disk" },
    { now: "memory", situation: { used: limitKb + 1 }, expected: "disk" },
    { now: "memory", situation: { answers: false }, expected: "memory" },
    { now: "memory", situation: { free: 2 * spaceToSend + 1 }, expected: "disk" },
    { now: "memory", situation: { free: 2 * spaceToSend }, expected: "memory" },
    { now: "memory", situation: { free: 2 * spaceToSend + 1, answers: false }, expected: "memory" },
  ])("$now becomes $expected with $situation", ({ now, situation, expected }) => {
    expect(wanted(now, { ...plenty, ...situation })).toBe(expected);
  });
});

describe("the running script", () => {
  const container = new ContainerStart("/entrypoint.sh");
  const { folder, bin, log } = container;
  /** Requests that nginx keeps for a minute. */
  const spool = join(folder, "var/spool/ingest");
  /** What Telegraf has not sent yet. */
  const buffer = join(folder, "var/lib/telegraf/buffer");
  /** What is logged while the buffer on disk is prepared. */
  const prepared = [
    `perl /etc/telegraf/repair_buffer.pl ${buffer} ${folder}/var/lib/telegraf/set-aside`,
    `chown -R telegraf: ${buffer}`,
  ];
  /** What is logged while Telegraf starts with its buffer on disk. */
  const onDisk = [...prepared, "disk: telegraf"];

  beforeAll(() => {
    container.writeProgram("df", `printf 'x\\n/dev/sda1 9 9 %s 9%% /\\n' "$(cat ${folder}/free)"`);
    container.writeProgram("du", `printf '%s\\tx\\n' "$(cat ${folder}/used)"`);
    container.writeProgram("sleep", "exec /bin/sleep 0.05");
    container.writeProgram("chown", `echo "chown $*" >>${log}`);
    container.writeProgram(
      "perl",
      `echo "perl $*" >>${log}; while [ -e ${folder}/slow ]; do /bin/sleep 0.02; done`,
    );
    for (const name of ["curl", "entrypoint.sh"]) {
      copyFileSync(join(__dirname, "telegrafStart", name), join(bin, name));
    }
  });

  beforeEach(() => {
    for (const path of ["var", "tmp", "log", "end", "slow", "replayed", "calls", "hold-1", "hold-2"]) {
      rmSync(join(folder, path), { recursive: true, force: true });
    }
    mkdirSync(join(folder, "tmp"));
    mkdirSync(spool, { recursive: true });
    writeFileSync(log, "");
  });

  afterEach(() => container.stop());

  function setSituation(change: Partial<Situation>): void {
    const { free, used, answers } = { ...plenty, ...change };
    writeFileSync(join(folder, "free"), `${free}`);
    writeFileSync(join(folder, "used"), `${used}`);
    rmSync(join(folder, "answers"), { force: true });
    if (answers) {
      writeFileSync(join(folder, "answers"), "");
    }
  }

  function start(situation: Partial<Situation>): void {
    setSituation(situation);
    container.start(script, { INFLUX_URL: influxUrl });
  }

  test("repairs the buffer on disk before it starts Telegraf, and reports its state", async () => {
    const status = join(folder, "tmp/buffer-status");
    start({ used: 1234, free: 5_000_000 });
    await container.untilLogged(onDisk);
    const first = await eventually(
      "the buffer's state",
      20,
      () => JSON.parse(readFileSync(status, "utf8")) as unknown,
    );
    expect(first).toEqual({
      place: "disk",
      usedKb: 1234,
      limitKb,
      freeKb: 5_000_000,
      setAside: [],
    });
    const setAside = join(folder, "var/lib/telegraf/set-aside");
    writeFileSync(join(setAside, "1-output-00000000000000000001"), "");
    writeFileSync(join(setAside, "2-output-00000000000000000001"), "");
    await eventually("both files that were set aside", 20, () => {
      const { setAside: names } = JSON.parse(readFileSync(status, "utf8")) as { setAside: string[] };
      expect(names.sort()).toEqual(["1-output-00000000000000000001", "2-output-00000000000000000001"]);
    });
  });

  test("does not touch the disk where there is no space", async () => {
    start({ free: 1000 });
    await container.untilLogged(["memory: telegraf"]);
  });

  test("moves to memory beyond the limit while InfluxDB is away, and back when it answers", async () => {
    start({ answers: false });
    await container.untilLogged(onDisk);
    setSituation({ answers: false, used: limitKb + 1 });
    const inMemory = [...onDisk, "stopping", "stopped", "memory: telegraf"];
    await container.untilLogged(inMemory);
    setSituation({ answers: false });
    const status = join(folder, "tmp/buffer-status");
    // It is written after the log.
    await eventually("a buffer in memory", 20, () => {
      expect(readFileSync(status, "utf8")).toContain('"place": "memory", "usedKb": 10,');
    });
    expect(container.lines()).toEqual(inMemory);
    setSituation({});
    await container.untilLogged([...inMemory, "stopping", "stopped", ...onDisk]);
  });

  function writeRequest(name: string, minutesOld: number): void {
    writeFileSync(join(spool, name), name);
    const time = Date.now() / 1000 - minutesOld * 60;
    utimesSync(join(spool, name), time, time);
  }

  test("sends what is in the spool again, once, and later removes what is older than a minute", async () => {
    const replayed = join(folder, "replayed");
    writeRequest("first", 0);
    writeRequest("second", 60);
    start({});
    await eventually("the removal of what was sent", 20, () => {
      expect(existsSync(replayed)).toBe(true);
      expect(readdirSync(spool)).not.toContain("second");
    });
    const sent = (name: string): string => `Content-Encoding: snappy ${name} http://localhost:8080/telegraf`;
    expect(readFileSync(replayed, "utf8").trim().split("\n").sort()).toEqual([sent("first"), sent("second")]);
    writeRequest("fresh", 0);
    writeRequest("old", 3);
    await eventually("the removal of the old request", 20, () => {
      expect(readdirSync(spool)).not.toContain("old");
    });
    expect(readdirSync(spool).sort()).toEqual(["first", "fresh"]);
    expect(readFileSync(replayed, "utf8")).not.toMatch(/fresh|old/);
  });

  test("keeps a request until it was sent to the Telegraf that runs now, though an earlier replay has ended", async () => {
    const untilLines = (file: "calls" | "replayed", count: number): Promise<void> =>
      eventually(`${count} lines in ${file}`, 20, () => {
        expect(container.lines(file)).toHaveLength(count);
      });
    /** A round: the script has written its status again. */
    const rounds = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round += 1) {
        rmSync(join(folder, "tmp/buffer-status"), { force: true });
        await eventually("another look at the buffer", 20, () => {
          expect(existsSync(join(folder, "tmp/buffer-status"))).toBe(true);
        });
      }
    };
    // See telegrafStart/curl.
    for (const call of [1, 2]) {
      writeFileSync(join(folder, `hold-${call}`), "");
    }
    writeRequest("old", 3);
    start({ answers: false });
    await untilLines("calls", 1);
    setSituation({ answers: false, used: limitKb + 1 });
    await untilLines("calls", 2);
    rmSync(join(folder, "hold-1"));
    await untilLines("replayed", 1);
    await rounds(3);
    expect(readdirSync(spool)).toEqual(["old"]);
    rmSync(join(folder, "hold-2"));
    await untilLines("replayed", 2);
    await eventually("an empty spool", 20, () => {
      expect(readdirSync(spool)).toEqual([]);
    });
  });

  test.each(["SIGTERM", "SIGINT"] as const)("passes %s on, and ends when Telegraf has", async (signal) => {
    start({});
    await container.untilLogged(onDisk);
    container.signal(signal);
    expect(await container.whenEnded()).toEqual([0, null]);
    expect(container.lines()).toEqual([...onDisk, "stopping", "stopped"]);
  });

  test("ends at a signal while the buffer is being repaired", async () => {
    writeFileSync(join(folder, "slow"), "");
    start({});
    await container.untilLogged(prepared.slice(0, 1));
    container.signal("SIGTERM");
    rmSync(join(folder, "slow"));
    expect(await container.whenEnded()).toEqual([0, null]);
    expect(container.lines()).not.toContain("disk: telegraf");
  });

  test.each([
    [3, 3],
    // Telegraf should not have ended at all.
    [0, 1],
  ])("ends when Telegraf ends: its status %d becomes %d", async (status, expected) => {
    start({});
    await container.untilLogged(onDisk);
    writeFileSync(join(folder, "end"), `${status}`);
    expect(await container.whenEnded()).toEqual([expected, null]);
  });

  test("does not start Telegraf on a buffer that could not be repaired", async () => {
    const perl = readFileSync(join(bin, "perl"), "utf8");
    container.writeProgram("perl", `echo "perl $*" >>${log}; exit 2`);
    start({});
    try {
      expect(await container.whenEnded()).toEqual([2, null]);
      expect(container.lines()).toEqual(prepared.slice(0, 1));
    } finally {
      writeFileSync(join(bin, "perl"), perl);
    }
  });
});
