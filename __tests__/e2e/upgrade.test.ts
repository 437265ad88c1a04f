import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "zx";
import { loadImages, serverImage } from "../../scripts/rehearsal/machines/serverImages";
import { prepareRehearsal, useProgram } from "../../scripts/rehearsal/rehearsal";
import { clearInterruption } from "../../scripts/stack/interruption";
import type { Stack } from "../../scripts/stack/stack";
import { nameOf } from "../../scripts/stack/state";
import { type Disruption, readReleases } from "../support/changelog";
import { eventually } from "../support/eventually";
import { temporaryFolder } from "../support/temporaryFolder";
import { hosts } from "./support/machines";
import { expectHealthy, preparation, pulumi, pulumiOrFail, startRehearsal } from "./support/rehearsal";
import { extractProgram, imagesOf } from "./support/releaseProgram";
import { expectNothingLost, hostOf, longestGap, scraped } from "./support/samples";
import { changeSetting } from "./support/settingsFile";

const folder = temporaryFolder();
/**
 * Longer than that of Pulumi.dev.yaml. An update from 0.1.0 starts another Prometheus: its stop and start take up to 5
 * seconds on a busy machine, and it finds its targets after 5 more (`updatert` of its discovery/manager.go). These 10
 * seconds must not be two missed scrapes.
 */
const scrapeSeconds = 15;

// `pulumi` has `--event-log` only with this.
process.env["PULUMI_DEBUG_COMMANDS"] = "true";

/** A step of `pulumi up`, as far as this suite reads it. */
interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: { readonly inputs?: { readonly name?: string } } | null;
}

/** What `pulumi up` has begun to replace and to delete, by its event log. */
async function readDisruption(eventLog: string): Promise<Disruption> {
  const events = (await readFile(eventLog, "utf8")).trim().split("\n");
  const steps = events.flatMap((line) => {
    const { resourcePreEvent } = JSON.parse(line) as { resourcePreEvent?: { metadata: Step } };
    return resourcePreEvent?.metadata ?? [];
  });
  const names = (ops: RegExp): string[] =>
    [...new Set(steps.filter(({ op }) => ops.test(op)).map(nameForUsers))].sort();
  return { replaced: names(/replace/), deleted: names(/^(delete|discard)$/) };
}

/** Users know a container by its own name, and all else by the name that Pulumi prints. */
function nameForUsers({ urn, type, old }: Step): string {
  return (type === "docker:index/container:Container" ? old?.inputs?.name : undefined) ?? nameOf({ urn });
}

afterAll(async () => {
  // Other suites expect the settings of the present commit, too: this writes them again.
  await startRehearsal();
});

describe.each(readReleases())("an update from $version", (release) => {
  let stack: Stack;
  let before: Date;
  /** The setting of the present program. Until the update, Grafana is that of the release: the update migrates its database. */
  let images: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const program = await extractProgram(release);
    ({ stack } = await prepareRehearsal(preparation, program));
    ({ images } = await stack.settings());
    const grafana = await serverImage("grafana", imagesOf(program).grafana, preparation);
    await loadImages("vps", [grafana.location], preparation.report);
    await changeSetting<object>("images", (own) => ({ ...own, grafana: grafana.location }));
    // The suite before may have left a deployed or an interrupted stack.
    await clearInterruption(stack);
    await pulumiOrFail(stack, "destroy");
    // An earlier suite may have rotated credentials.
    await changeSetting("rotated", () => undefined);
    await changeSetting<object>("prometheus", (prometheus) => ({
      ...prometheus,
      scrapeInterval: `${scrapeSeconds}s`,
    }));
    await pulumiOrFail(stack, "up");
    await eventually("a scrape of every node", 90, async () => {
      const recent = await scraped(new Date(Date.now() - 2 * scrapeSeconds * 1000), new Date());
      expect([...new Set([...recent.keys()].map(hostOf))].sort()).toEqual(hosts);
    });
    before = new Date();
    await sleep(3 * scrapeSeconds * 1000);
  });

  test("replaces and deletes what CHANGELOG.md names, and nothing else", async () => {
    await useProgram();
    await changeSetting("images", () => images);
    const eventLog = join(folder, `${release.version}.jsonl`);
    const { exitCode, output } = await pulumi(stack, "up", "--refresh", "--event-log", eventLog);
    if (exitCode !== 0) {
      console.error(output);
    }
    const disruption = await readDisruption(eventLog);
    expect({ exitCode, ...disruption }).toEqual({ exitCode: 0, ...release.disruption });
  });

  test("loses no sample, and misses no two scrapes in a row", async () => {
    // A daemon that started last may miss a scrape after the end of `pulumi up`.
    await sleep(3 * scrapeSeconds * 1000);
    const after = new Date();
    const { grafanaToken } = await stack.outputs();
    const count = await expectNothingLost(grafanaToken, before, after, scrapeSeconds);
    const gap = await longestGap(before, after);
    console.log(
      `${((after.getTime() - before.getTime()) / 1000).toFixed(0)} s, ${count} samples of the counter, none lost, at most ${gap.toFixed(1)} s between two`,
    );
    // One may be missing while Prometheus or an exporter restarts, and a busy machine scrapes late.
    expect(gap).toBeLessThan(2.5 * scrapeSeconds);
  });

  test("leaves nothing for doctor to find", async () => {
    await expectHealthy(stack);
  });

  test("changes nothing the second time", async () => {
    await pulumiOrFail(stack, "up", "--refresh", "--expect-no-changes");
  });
});
