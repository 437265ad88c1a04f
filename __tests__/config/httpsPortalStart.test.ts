import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { renderPortalStart } from "../../components/server/ingress/httpsPortal";
import { makeCertificate } from "../support/certificate";
import { eventually } from "../support/eventually";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();
const bin = join(folder, "bin");
const data = join(folder, "var/lib/https-portal");
const log = join(folder, "log");
const status = join(folder, "tmp/names-status");
const [first, second] = ["influxdb.example.com", "grafana.example.com"] as const;
const domains = `${first} -> http://influxdb:8086, ${second} -> http://grafana:3000`;
const [firstEntry, secondEntry] = domains.split(", ") as [string, string];

let portal: ChildProcess;
let ended: Promise<unknown>;

beforeAll(() => {
  mkdirSync(bin);
  writeProgram("service", "exit 0");
  writeProgram("sleep", "exec /bin/sleep 0.05");
  writeProgram("date", `cat ${folder}/now`);
  writeProgram("getent", `cat "${folder}/dns/$3"`);
  // A name gets a certificate if one lies ready for it.
  writeProgram(
    "renew_certs",
    `echo "renew $DOMAINS" >>${log}
name=\${DOMAINS%% *}
if [ "$RENEW_MARGIN_DAYS" = -1 ] && [ -e "${folder}/authority/$name/signed.crt" ]; then
  openssl req -in "${data}/$name/$STAGE/domain.csr" -noout -verify -text 2>/dev/null | grep -qF "DNS:$name"
  cp "${folder}/authority/$name/signed.crt" "${data}/$name/$STAGE/signed.crt"
  mv "${data}/$name/$STAGE/domain.ongoing.key" "${data}/$name/$STAGE/domain.key"
fi`,
  );
  writeProgram("reconfig", `echo "reconfig $DOMAINS" >>${log}`);
  writeProgram("init", `echo "init $DOMAINS $RENEW_MARGIN_DAYS" >>${log}\nwhile :; do /bin/sleep 1; done`);
  for (const name of [first, second]) {
    makeCertificate(join(folder, "authority", name), name);
  }
});

beforeEach(() => {
  for (const path of ["dns", "var", "tmp", "log"]) {
    rmSync(join(folder, path), { recursive: true, force: true });
  }
  mkdirSync(join(folder, "dns"));
  mkdirSync(join(folder, "tmp"));
  mkdirSync(data, { recursive: true });
  writeFileSync(log, "");
  setTime(0);
});

afterEach(stop);

function writeProgram(name: string, content: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${content}\n`, { mode: 0o755 });
}

const beginning = 1_800_000_000;

function setTime(seconds: number): void {
  writeFileSync(join(folder, "now"), `${beginning + seconds}\n`);
}

function setRecord(name: string, ...addresses: string[]): void {
  const lines = addresses.map((address) => `${address} STREAM\n${address} DGRAM\n`);
  writeFileSync(join(folder, "dns", name), lines.join(""));
}

function start(stage = "production"): void {
  const file = join(folder, "start.sh");
  const script = renderPortalStart()
    .replaceAll(/(?<=[ ='])\/(?=(var|tmp)\/)/g, `${folder}/`)
    .replace("exec /init", `exec ${bin}/init`);
  writeFileSync(file, script);
  const env = {
    ...process.env,
    PATH: [bin, process.env["PATH"]].join(delimiter),
    DOMAINS: domains,
    STAGE: stage,
  };
  // A group of its own, so that the background ends with it.
  portal = spawn("sh", [file], { env, stdio: "ignore", detached: true });
  ended = once(portal, "exit");
}

async function stop(): Promise<void> {
  process.kill(-(portal.pid ?? 0), "SIGKILL");
  await ended;
}

function lines(): string[] {
  return readFileSync(log, "utf8").split("\n").slice(0, -1);
}

function requests(name: string): number {
  return lines().filter((line) => line.startsWith(`renew ${name} `)).length;
}

/** What the portal says of its names first. */
async function firstStatus(): Promise<string> {
  return eventually("the first status of the names", 20, () => readFileSync(status, "utf8"));
}

async function untilStatus(expected: string): Promise<void> {
  await eventually("the status of the names", 20, () => {
    expect(readFileSync(status, "utf8")).toBe(expected);
  });
}

/** Waits for these calls of the portal's programs, in any order. */
async function untilLogged(expected: readonly string[]): Promise<void> {
  await eventually("the calls of the portal's programs", 20, () => {
    expect(lines().sort()).toEqual([...expected].sort());
  });
}

async function untilBothServed(): Promise<void> {
  await eventually("a configuration with both names", 20, () => {
    expect(lines()).toContain(`reconfig ${firstEntry},${secondEntry}`);
  });
}

/** Waits until every name was looked at again, twice, as one look may be under way. */
async function looks(): Promise<void> {
  for (let count = 0; count < 2; count += 1) {
    writeFileSync(status, "old");
    await eventually("another look at the names", 20, () => {
      expect(readFileSync(status, "utf8")).not.toBe("old");
    });
  }
}

function giveCertificate(name: string): void {
  makeCertificate(join(data, name, "production"), name);
}

/** When the attempts after these failures are due. */
const dueAfter = [900, 1800, 3600, 7200, 14_400, 14_400];

test("names with a certificate are served at once, without a DNS query, and with DH parameters", async () => {
  giveCertificate(first);
  giveCertificate(second);
  start();
  await untilStatus("");
  await untilLogged([`init ${domains.replace(", ", ",")} -1`]);
  expect(readFileSync(join(data, "dhparam.pem"), "utf8")).toMatch(/^-----BEGIN DH PARAMETERS-----/);
});

test("with the stage local, the image signs for all names by itself", async () => {
  start("local");
  await untilStatus("");
  await untilLogged([`init ${domains} `]);
});

test("a name that does not resolve is left out without a request, and taken in when it does", async () => {
  setRecord(first, "203.0.113.7");
  start();
  await untilStatus(`${second} unresolved\n`);
  await untilLogged(["init  -1", `reconfig ${firstEntry}`, `renew ${firstEntry}`]);
  await looks();
  expect(requests(second)).toBe(0);

  setRecord(second, "203.0.113.7", "2001:db8::7");
  await untilStatus("");
  await untilBothServed();
  expect([requests(first), requests(second)]).toEqual([1, 1]);
});

test("a name that cannot be validated is tried again after growing pauses, also in a container that restarts", async () => {
  const authority = join(folder, "authority", second);
  const certificate = readFileSync(join(authority, "signed.crt"));
  rmSync(join(authority, "signed.crt"));
  giveCertificate(first);
  setRecord(second, "198.51.100.1");
  start();
  let due = 0;
  try {
    for (const [failures, pause] of dueAfter.entries()) {
      due += pause;
      await untilStatus(`${second} refused ${failures + 1} ${beginning + due}\n`);
      expect(requests(second)).toBe(failures + 1);
      setTime(due - 1);
      await stop();
      rmSync(status);
      start();
      await firstStatus();
      await looks();
      expect(requests(second)).toBe(failures + 1);
      setTime(due);
    }
  } finally {
    writeFileSync(join(authority, "signed.crt"), certificate);
  }
  await untilStatus("");
  await untilBothServed();
});

test("a name with another address is tried earlier, but not more than four times an hour", async () => {
  giveCertificate(first);
  setRecord(second, "198.51.100.1");
  mkdirSync(join(data, second, "production"), { recursive: true });
  writeFileSync(join(data, second, "production/failures"), `5 ${beginning} 198.51.100.1\n`);
  start();
  await untilStatus(`${second} refused 5 ${beginning + 14_400}\n`);
  setRecord(second, "203.0.113.7");
  await untilStatus(`${second} refused 1 ${beginning + 900}\n`);
  expect(requests(second)).toBe(0);
  setTime(900);
  await untilStatus("");
  expect(requests(second)).toBe(1);
});

test("a certificate of the image's default server, or one without its key, does not count", async () => {
  makeCertificate(join(data, first, "production"), "default-server.example.com");
  giveCertificate(second);
  rmSync(join(data, second, "production/domain.key"));
  start();
  expect(await firstStatus()).toBe(`${first} unresolved\n${second} unresolved\n`);
  expect(lines()[0]).toBe("init  -1");
});

test("served names are renewed once a day", async () => {
  giveCertificate(first);
  giveCertificate(second);
  start();
  await untilStatus("");
  const renewals = (): number => lines().filter((line) => line.includes("renew")).length;
  for (const day of [1, 2]) {
    setTime(day * 86_400);
    await eventually("a renewal", 20, () => {
      expect(renewals()).toBe(day);
    });
    await looks();
    expect(renewals()).toBe(day);
  }
  expect(lines()).toContain(`renew ${firstEntry},${secondEntry}`);
});
