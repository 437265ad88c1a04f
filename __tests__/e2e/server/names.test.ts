import { $ as zx } from "zx";
import { nameOfService } from "../../../components/serviceNames";
import { seconds } from "../../../components/settings";
import { examine } from "../../../scripts/doctor/examination";
import { exec } from "../../../scripts/lab/machine";
import { openStack } from "../../../scripts/stack/openStack";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { addRecord, removeRecord } from "../support/dnsRecords";
import { changeSetting, expectHealthy } from "../support/rehearsal";
import { expectNothingLost } from "../support/samples";

const $ = zx({ quiet: true, nothrow: true });

const data = "/var/lib/https-portal";
const authority = "/usr/local/share/ca-certificates/names-test.crt";

let stack: Stack;
let token: string;
let names: Record<"influxdb" | "grafana" | "telegraf", string>;

async function inPortal(script: string): Promise<string> {
  return exec("vps", ["docker", "exec", "https-portal", "sh", "-c", script]);
}

async function deploy(): Promise<string> {
  const { exitCode, stdall } = await $`npm run --silent deploy -- dev --yes`;
  expect({ exitCode, stdall }).toMatchObject({ exitCode: 0 });
  return stdall;
}

/** How the portal answers for a name; 000 where it has no certificate for it. */
async function answerOf(name: string, path: string): Promise<string> {
  return inPortal(
    `curl -sk -o /dev/null -w '%{http_code}' --resolve ${name}:443:127.0.0.1 https://${name}${path} || true`,
  );
}

/** The names that the stand-in for the authority was asked to sign. */
async function requests(): Promise<string[]> {
  return (await inPortal(`cat ${data}/acme-requests 2>/dev/null || true`)).split("\n").filter(Boolean);
}

beforeAll(async () => {
  const { exitCode, stdall } = await $`npm start -- --yes`;
  expect({ exitCode, stdall }).toMatchObject({ exitCode: 0 });
  stack = await openStack("dev");
  token = (await stack.outputs()).grafanaToken;
  const settings = await stack.settings();
  names = {
    influxdb: nameOfService("influxdb", settings),
    grafana: nameOfService("grafana", settings),
    telegraf: nameOfService("telegraf", settings),
  };
  // The name for ingest has a certificate that is valid, and that the master goes on trusting.
  const folder = `${data}/${names.telegraf}`;
  const certificate = await inPortal(
    `mkdir -p ${folder}/production && cp ${folder}/local/* ${folder}/production/ && ` +
      `ln -sf ${folder}/production/signed.crt ${folder}/production/chained.crt && cat ${folder}/local/signed.crt`,
  );
  await exec("kube-0", ["sh", "-c", `cat >${authority} && update-ca-certificates`], certificate);
  await addRecord(names.grafana);
});

afterAll(async () => {
  await removeRecord(names.grafana);
  await removeRecord(names.influxdb);
  await changeSetting("certificates", () => "local");
  await deploy();
  await inPortal(`rm -rf ${data}/*/production ${data}/acme-requests`);
  await exec("kube-0", ["sh", "-c", `rm ${authority} && update-ca-certificates --fresh`]);
});

test("a name that does not resolve is left out, and the others are served", async () => {
  const begin = new Date();
  await changeSetting("certificates", () => "production");
  const leftOut = "it is left out, the other names are served: the server does not find it in the DNS";
  expect(await deploy()).toContain(`${names.influxdb}: ${leftOut}`);
  expect(await answerOf(names.grafana, "/api/health")).toBe("200");
  expect(await answerOf(names.telegraf, "/telegraf")).toBe("401");
  expect(await answerOf(names.influxdb, "/health")).toBe("000");
  expect(await requests()).toEqual([names.grafana]);
  await eventually("doctor's only finding", 60, async () => {
    const { findings } = await examine(stack);
    expect(findings).toMatchObject([{ subject: names.influxdb, problem: leftOut }]);
  });
  await expectNothingLost(
    token,
    begin,
    new Date(),
    seconds((await stack.settings()).prometheus.scrapeInterval),
  );
});

test("it is taken in without a deploy when it resolves", async () => {
  await addRecord(names.influxdb);
  await eventually("the name that was left out", 330, async () => {
    expect(await answerOf(names.influxdb, "/health")).toBe("200");
  });
  expect(await requests()).toEqual([names.grafana, names.influxdb]);
  await expectHealthy(stack);
});

test("no running name is lost to a resolver that fails", async () => {
  await removeRecord(names.grafana);
  await removeRecord(names.influxdb);
  await exec("vps", ["docker", "restart", "https-portal"]);
  await eventually("all names", 30, async () => {
    expect(await answerOf(names.influxdb, "/health")).toBe("200");
    expect(await answerOf(names.grafana, "/api/health")).toBe("200");
    expect(await answerOf(names.telegraf, "/telegraf")).toBe("401");
  });
  await expectHealthy(stack);
  expect(await requests()).toEqual([names.grafana, names.influxdb]);
});
