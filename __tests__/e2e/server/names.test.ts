// Runs only when it is named, see scripts/tools/suites.ts.
import { seconds } from "../../../components/settings/settings";
import { examine } from "../../../scripts/doctor/examination";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { addRecord, removeRecord } from "../support/dnsRecords";
import { docker, shell } from "../support/machines";
import { deploy, expectHealthy, startRehearsal } from "../support/rehearsal";
import { expectNothingLost } from "../support/samples";
import { changeSetting } from "../support/settingsFile";

const data = "/var/lib/https-portal";
/** Where Debian takes a machine's own authorities from. */
const ownAuthority = "/usr/local/share/ca-certificates/stand-in.crt";
/** The rehearsal has no record of the first one. */
const names = {
  influxdb: "influxdb.elsewhere.test",
  grafana: "grafana.pi.test",
  telegraf: "telegraf.pi.test",
};

let stack: Stack;

async function inPortal(script: string): Promise<string> {
  return docker("exec", "https-portal", "sh", "-c", script);
}

/** How the portal answers for each name; 000 where it has no certificate for it. */
async function answers(): Promise<Record<keyof typeof names, string>> {
  const ask = async (name: string, path: string): Promise<string> =>
    inPortal(
      `curl -sk -o /dev/null -w '%{http_code}' --resolve ${name}:443:127.0.0.1 https://${name}${path} || true`,
    );
  return {
    influxdb: await ask(names.influxdb, "/health"),
    grafana: await ask(names.grafana, "/api/health"),
    telegraf: await ask(names.telegraf, "/telegraf"),
  };
}

const allServed = { influxdb: "200", grafana: "200", telegraf: "401" };

/** The names that the stand-in of Let's Encrypt was asked to sign. */
async function requests(): Promise<string[]> {
  return (await inPortal(`cat ${data}/acme-requests`)).split("\n");
}

/** Removes the certificates of all names, and the list of requests. */
async function forgetCertificates(): Promise<void> {
  await inPortal(`rm -rf ${data}/*/production ${data}/${names.influxdb} ${data}/acme-requests`);
}

beforeAll(async () => {
  stack = await startRehearsal();
  await forgetCertificates();
  const authority = await inPortal(`cat ${data}/stand-in-authorities/production.crt`);
  await exec("kube-0", ["sh", "-c", `cat >${ownAuthority} && update-ca-certificates`], `${authority}\n`);
});

afterAll(async () => {
  await removeRecord(names.influxdb);
  await changeSetting("certificates", () => "local");
  await changeSetting("names", () => undefined);
  await deploy();
  await forgetCertificates();
  await shell("kube-0", `rm ${ownAuthority} && update-ca-certificates --fresh`);
});

test("a name that does not resolve is left out, and the others are served", async () => {
  const begin = new Date();
  await changeSetting("certificates", () => "production");
  await changeSetting("names", () => ({ influxdb: names.influxdb }));
  const leftOut = "it is left out, the other names are served: the server does not find it in the DNS";
  expect((await deploy()).output).toContain(`${names.influxdb}: ${leftOut}`);
  expect(await answers()).toEqual({ ...allServed, influxdb: "000" });
  expect(await requests()).toEqual([names.grafana, names.telegraf]);
  await eventually("doctor's only finding", 60, async () => {
    const { findings } = await examine(stack);
    expect(findings).toMatchObject([{ subject: names.influxdb, problem: leftOut }]);
  });
  const { grafanaToken } = await stack.outputs();
  const { prometheus } = await stack.settings();
  await expectNothingLost(grafanaToken, begin, new Date(), seconds(prometheus.scrapeInterval));
});

test("the name is added without a deploy when it resolves", async () => {
  await addRecord(names.influxdb);
  // The portal looks again after up to 320 s. Then it gets the certificate and reads its configuration.
  await eventually("the name that was left out", 420, async () => {
    expect(await answers()).toEqual(allServed);
  });
  expect(await requests()).toEqual([names.grafana, names.telegraf, names.influxdb]);
  await expectHealthy(stack);
});

test("a resolver that fails stops no name that is served", async () => {
  await removeRecord(names.influxdb);
  const resolver = "/etc/resolv.conf";
  const before = await exec("vps", ["cat", resolver]);
  // Nothing answers at an address of RFC 5737. Docker gives the file to containers that start.
  await exec("vps", ["tee", resolver], "nameserver 192.0.2.1\n");
  try {
    await docker("restart", "https-portal");
    expect(await inPortal(`getent hosts ${names.grafana} || echo unknown`)).toBe("unknown");
    await eventually("all names", 30, async () => {
      expect(await answers()).toEqual(allServed);
    });
  } finally {
    await exec("vps", ["tee", resolver], before);
  }
  await expectHealthy(stack);
  expect(await requests()).toEqual([names.grafana, names.telegraf, names.influxdb]);
});
