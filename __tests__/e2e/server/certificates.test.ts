import { sleep } from "zx";
import { examine } from "../../../scripts/doctor/examination";
import { repair } from "../../../scripts/doctor/repair";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { docker, shell } from "../support/machines";
import { expectHealthy, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { expectNothingLost, expectNothingLostIn } from "../support/samples";
import { changeSetting } from "../support/settingsFile";

const portalFolder = "/var/lib/https-portal";
const authorities = "/etc/pi-monitoring/server-certificate.pem";
/** Where Debian takes a machine's own authorities from. */
const ownAuthority = "/usr/local/share/ca-certificates/stand-in.crt";

let stack: Stack;
/** The name of remote write's queue, which must be the same all the time. */
let queue: string;

async function inPortal(...words: string[]): Promise<string> {
  return docker("exec", "https-portal", ...words);
}

/** The path of a file of the name that takes remote write. */
function portalFile(kind: string, name: string): string {
  return `${portalFolder}/telegraf.pi.test/${kind}/${name}`;
}

/** The issuer of the server's certificate as the master sees it; where the master does not trust it, what curl says. */
async function shownIssuer(): Promise<string> {
  const url = "https://telegraf.pi.test/telegraf";
  const curl = ["curl", "-sS", "-v", "-o", "/dev/null", "--cacert", authorities, url];
  const answer = await shell("kube-0", `${curl.join(" ")} 2>&1`);
  return /issuer: (.*)/.exec(answer)?.[1] ?? answer;
}

async function changeCertificates(kind: string): Promise<void> {
  await changeSetting("certificates", () => kind);
  await pulumiOrFail(stack, "up");
}

async function scrapeEvery(interval: string): Promise<void> {
  await changeSetting<object>("prometheus", (prometheus) => ({ ...prometheus, scrapeInterval: interval }));
  await pulumiOrFail(stack, "up");
}

async function queueName(): Promise<string> {
  const metrics = await exec("kube-0", ["curl", "-sS", "http://localhost:9090/metrics"]);
  return (metrics.match(/prometheus_remote_storage_shards\{remote_name="[^"]*"/g) ?? []).join();
}

beforeAll(async () => {
  stack = await startRehearsal();
  await scrapeEvery("1s");
  // Prometheus waits the interval of before once more, and then scrapes each target at the new one.
  await sleep(5000);
  queue = await queueName();
  expect(queue).toMatch(/pi-monitoring-[0-9a-f]{8}"$/);
});

afterAll(async () => {
  await shell("kube-0", `rm -f ${ownAuthority} && update-ca-certificates --fresh`);
  await changeSetting("certificates", () => "local");
  await scrapeEvery("5s");
});

describe("no sample is lost", () => {
  afterEach(async () => {
    expect(await queueName()).toBe(queue);
  });

  test("when the authority is one that the master's system trusts", async () => {
    // The stand-in of https-portal keeps its authorities there.
    const authority = await inPortal("cat", `${portalFolder}/stand-in-authorities/production.crt`);
    await expectNothingLostIn(stack, async () => {
      await exec("kube-0", ["sh", "-c", `cat >${ownAuthority} && update-ca-certificates`], `${authority}\n`);
      await eventually("the authority among those of Prometheus", 20, async () => {
        expect(await exec("kube-0", ["cat", authorities])).toContain(authority);
      });
      await changeCertificates("production");
    });
    expect(await shownIssuer()).toContain("(production)");
  });

  test("when the authority signs again", async () => {
    const signed = portalFile("production", "signed.crt");
    const before = await inPortal("cat", signed);
    await expectNothingLostIn(stack, async () => {
      await inPortal("rm", signed);
      await docker("restart", "https-portal");
      await eventually("another certificate", 60, async () => {
        expect(await shownIssuer()).toContain("(production)");
      });
    });
    expect(await inPortal("cat", signed)).not.toBe(before);
  });

  test("when the authority is one that no system trusts", async () => {
    await expectNothingLostIn(stack, async () => changeCertificates("staging"));
    expect(await shownIssuer()).toContain("(staging)");
  });

  test("when the portal signs them itself", async () => {
    await expectNothingLostIn(stack, async () => changeCertificates("local"));
    expect(await shownIssuer()).toMatch(/CN ?= ?pi-monitoring$/);
    await expectHealthy(stack);
  });
});

test("doctor finds another certificate that the portal has signed itself, and repairs it", async () => {
  // With fewer scrapes, the backlog is sent within the time of a repair.
  await scrapeEvery("5s");
  const from = new Date();
  await inPortal("rm", portalFile("local", "signed.crt"));
  await docker("restart", "https-portal");
  await eventually("a finding", 60, async () => {
    const { findings } = await examine(stack);
    expect(findings.map(({ subject, problem }) => `${subject}: ${problem}`)).toContainEqual(
      expect.stringMatching(/^kube-0: it does not trust the server's certificate: SSL certificate problem: /),
    );
  });
  const { findings } = await repair(stack, await examine(stack));
  expect(findings).toEqual([]);
  const { grafanaToken } = await stack.outputs();
  await expectNothingLost(grafanaToken, from, new Date(), 5);
  expect(await queueName()).toBe(queue);
});
