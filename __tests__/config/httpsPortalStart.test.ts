import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderPortalStart } from "../../components/server/ingress/httpsPortal";
import { makeCertificate } from "../support/certificate";
import { ContainerStart } from "../support/containerStart";
import { eventually } from "../support/eventually";

const portal = new ContainerStart("/init");
const { folder, log } = portal;
const data = join(folder, "var/lib/https-portal");
const statusFile = join(folder, "tmp/names-status");
const [first, second] = ["influxdb.example.com", "grafana.example.com"] as const;
const domains = `${first} -> http://influxdb:8086, ${second} -> http://grafana:3000`;
const [firstEntry, secondEntry] = domains.split(", ") as [string, string];

beforeAll(() => {
  portal.writeProgram("service", "exit 0");
  portal.writeProgram("sleep", "exec /bin/sleep 0.05");
  portal.writeProgram("date", `cat ${folder}/now`);
  portal.writeProgram("getent", `cat "${folder}/dns/$3"`);
  // Waits while the name is in `held`, and gives it a certificate unless it is in `refused`. -1 requests one whatever is
  // left of the present one's validity.
  portal.writeProgram(
    "renew_certs",
    `echo "renew $DOMAINS" >>${log}
name=\${DOMAINS%% *}
while [ -e "${folder}/held/$name" ]; do /bin/sleep 0.02; done
if [ "$RENEW_MARGIN_DAYS" = -1 ] && [ ! -e "${folder}/refused/$name" ]; then
  openssl req -in "${data}/$name/$STAGE/domain.csr" -noout -verify -text 2>/dev/null | grep -qF "DNS:$name" || exit 1
  cp "${folder}/authority/$name/signed.crt" "${data}/$name/$STAGE/signed.crt"
  mv "${data}/$name/$STAGE/domain.ongoing.key" "${data}/$name/$STAGE/domain.key"
fi`,
  );
  portal.writeProgram("reconfig", `echo "reconfig $DOMAINS" >>${log}`);
  portal.writeProgram(
    "init",
    `echo "init $DOMAINS $RENEW_MARGIN_DAYS" >>${log}\nwhile :; do /bin/sleep 1; done`,
  );
  for (const name of [first, second]) {
    makeCertificate(join(folder, "authority", name), name);
  }
});

beforeEach(() => {
  for (const path of ["dns", "held", "refused", "tmp", "var"]) {
    rmSync(join(folder, path), { recursive: true, force: true });
  }
  for (const path of ["dns", "held", "refused", "tmp"]) {
    mkdirSync(join(folder, path));
  }
  mkdirSync(data, { recursive: true });
  writeFileSync(log, "");
  setTime(0);
});

afterEach(() => portal.stop());

const beginning = 1_800_000_000;

function setTime(seconds: number): void {
  writeFileSync(join(folder, "now"), `${beginning + seconds}\n`);
}

function setRecord(name: string, ...addresses: string[]): void {
  const lines = addresses.map((address) => `${address} STREAM\n${address} DGRAM\n`);
  writeFileSync(join(folder, "dns", name), lines.join(""));
}

/** The authority refuses the name from now on, or does not answer about it, or accepts it again. */
function setAuthority(name: string, answer: "refused" | "held" | "accepted"): void {
  for (const other of ["refused", "held"]) {
    rmSync(join(folder, other, name), { force: true });
  }
  if (answer !== "accepted") {
    writeFileSync(join(folder, answer, name), "");
  }
}

function start(stage = "production"): void {
  portal.start(renderPortalStart(), { DOMAINS: domains, STAGE: stage });
}

function requests(name: string): number {
  return portal.lines().filter((line) => line.startsWith(`renew ${name} `)).length;
}

/** The first content of the status file. */
async function firstStatus(): Promise<string> {
  return eventually("the first status of the names", 20, () => readFileSync(statusFile, "utf8"));
}

/** A name without a certificate has a line: `NAME unresolved`, or `NAME refused FAILURES TIME-OF-THE-NEXT-ATTEMPT`. */
async function untilStatus(expected: string): Promise<void> {
  await eventually("the status of the names", 20, () => {
    expect(readFileSync(statusFile, "utf8")).toBe(expected);
  });
}

/** Waits for these calls of the portal's programs, in any order: the script's background runs beside the image. */
async function untilLogged(expected: readonly string[]): Promise<void> {
  await eventually("the calls of the portal's programs", 20, () => {
    expect(portal.lines().sort()).toEqual([...expected].sort());
  });
}

async function untilBothServed(): Promise<void> {
  await eventually("a configuration with both names", 20, () => {
    expect(portal.lines()).toContain(`reconfig ${firstEntry},${secondEntry}`);
  });
}

/** Waits until every name was looked at again, twice, as one look may be under way. */
async function twoMoreLooks(): Promise<void> {
  for (let count = 0; count < 2; count += 1) {
    writeFileSync(statusFile, "old");
    await eventually("another look at the names", 20, () => {
      expect(readFileSync(statusFile, "utf8")).not.toBe("old");
    });
  }
}

function giveCertificate(name: string): void {
  makeCertificate(join(data, name, "production"), name);
}

/** The pause after each failure, in seconds. */
const pauses = [900, 1800, 3600, 7200, 14_400, 14_400];

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
  await twoMoreLooks();
  expect(requests(second)).toBe(0);

  setRecord(second, "203.0.113.7", "2001:db8::7");
  await untilStatus("");
  await untilBothServed();
  expect([requests(first), requests(second)]).toEqual([1, 1]);
});

test("a name that cannot be validated is tried again after growing pauses, also in a container that restarts", async () => {
  setAuthority(second, "refused");
  giveCertificate(first);
  setRecord(second, "198.51.100.1");
  start();
  let due = 0;
  for (const [index, pause] of pauses.entries()) {
    const failures = index + 1;
    due += pause;
    await untilStatus(`${second} refused ${failures} ${beginning + due}\n`);
    expect(requests(second)).toBe(failures);
    setTime(due - 1);
    await portal.stop();
    rmSync(statusFile);
    start();
    await firstStatus();
    await twoMoreLooks();
    expect(requests(second)).toBe(failures);
    if (failures === pauses.length) {
      setAuthority(second, "accepted");
    }
    setTime(due);
  }
  await untilStatus("");
  await untilBothServed();
});

test("after a clock that was ahead, a name is tried again and certificates are renewed at once", async () => {
  giveCertificate(first);
  setRecord(second, "198.51.100.1");
  setAuthority(second, "refused");
  const year = 365 * 86_400;
  setTime(year);
  start();
  await untilStatus(`${second} refused 1 ${beginning + year + 900}\n`);
  setTime(0);
  await untilStatus(`${second} refused 2 ${beginning + 1800}\n`);
  await twoMoreLooks();
  expect(requests(second)).toBe(2);
  await eventually("a renewal", 20, () => {
    expect(requests(first)).toBe(1);
  });
});

test("a name with another address is tried earlier, but at most once in 15 minutes", async () => {
  giveCertificate(first);
  setRecord(second, "198.51.100.1");
  mkdirSync(join(data, second, "production"), { recursive: true });
  writeFileSync(join(data, second, "production/failures"), `5 ${beginning} 198.51.100.1\n`);
  start();
  await untilStatus(`${second} refused 5 ${beginning + 14_400}\n`);
  setRecord(second, "203.0.113.7");
  await untilStatus(`${second} refused 1 ${beginning + 900}\n`);
  expect(requests(second)).toBe(0);
  setAuthority(second, "refused");
  setTime(900);
  await untilStatus(`${second} refused 2 ${beginning + 900 + 1800}\n`);
  expect(requests(second)).toBe(1);

  setRecord(second, "203.0.113.8");
  await untilStatus(`${second} refused 1 ${beginning + 900 + 900}\n`);
  setTime(1799);
  await twoMoreLooks();
  expect(requests(second)).toBe(1);
  setAuthority(second, "accepted");
  setTime(1800);
  await untilStatus("");
  expect(requests(second)).toBe(2);
});

test.each([
  { seconds: 150, waits: true },
  { seconds: 151, waits: false },
])(
  "$seconds s after the start, the health check waits for the first attempts: $waits",
  async ({ seconds, waits }) => {
    for (const name of [first, second]) {
      setRecord(name, "203.0.113.7");
      setAuthority(name, "held");
    }
    start();
    await eventually("the request for the first name", 20, () => {
      expect(requests(first)).toBe(1);
    });
    expect(existsSync(statusFile)).toBe(false);
    setTime(seconds);
    setAuthority(first, "accepted");
    await eventually("the request for the second name", 20, () => {
      expect(requests(second)).toBe(1);
    });
    // The health check asks whether the file exists.
    expect(existsSync(statusFile)).toBe(!waits);
    setAuthority(second, "accepted");
    await untilBothServed();
    await untilStatus("");
  },
);

test("a certificate of the image's default server, or one without its key, does not count", async () => {
  makeCertificate(join(data, first, "production"), "default-server.example.com");
  giveCertificate(second);
  rmSync(join(data, second, "production/domain.key"));
  start();
  expect(await firstStatus()).toBe(`${first} unresolved\n${second} unresolved\n`);
  expect(portal.lines()[0]).toBe("init  -1");
});

test("served names are renewed once a day", async () => {
  giveCertificate(first);
  giveCertificate(second);
  start();
  await untilStatus("");
  const renewals = (): number => portal.lines().filter((line) => line.includes("renew")).length;
  for (const day of [1, 2]) {
    setTime(day * 86_400);
    await eventually("a renewal", 20, () => {
      expect(renewals()).toBe(day);
    });
    await twoMoreLooks();
    expect(renewals()).toBe(day);
  }
  expect(portal.lines()).toContain(`renew ${firstEntry},${secondEntry}`);
});
