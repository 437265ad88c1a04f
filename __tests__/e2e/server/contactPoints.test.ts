/*
 * Grafana can call a webhook only by POST, and some monitors of heartbeats accept only GET. For such a monitor, Grafana's
 * file of contact points has the address of a relay in the portal, which calls the monitor by GET.
 */
import { parse } from "yaml";
import { relayPort } from "../../../components/settings/heartbeat";
import { $ } from "../../../scripts/cli/shell";
import type { Stack } from "../../../scripts/stack/stack";
import { run } from "../../support/commands";
import { docker } from "../support/machines";
import { pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

/** Docker's own names of containers may have an underscore. */
const monitor = "uptime_kuma";
const token = "gR4Zq0e1Xy";
const heartbeat = { url: `http://${monitor}:3001/api/push/${token}?status=up&msg=OK&ping=` };
/** The heartbeat as the monitor logs it. */
const heartbeatRequest = `GET /api/push/${token}?status=up&msg=OK&ping= -`;
/** The longest name that a certificate holds. */
const longName = `${"g".repeat(54)}.localhost`;

/**
 * Answers below its push address as version 1 of Uptime Kuma does, which accepts only GET, and 200 elsewhere. It logs all
 * requests.
 */
const program = String.raw`
use IO::Socket::INET;
$| = 1;
my $server = IO::Socket::INET->new(LocalPort => 3001, Listen => 9, ReuseAddr => 1) or die $!;
while (my $client = $server->accept) {
  my ($method, $path) = split ' ', scalar <$client>;
  my ($length, $credential) = (0, '-');
  while ((my $line = <$client>) =~ /\S/) {
    $length = $1 if $line =~ /^content-length: *(\d+)/i;
    $credential = $1 if $line =~ /^authorization: *(.*\S)/i;
  }
  read $client, my $body, $length if $length;
  print "$method $path $credential\n";
  my $isTaken = $method eq 'GET' || $path !~ m{^/api/push/};
  my $answer = $isTaken ? '{"ok":true}' : "<pre>Cannot $method $path</pre>";
  printf $client "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
    $isTaken ? '200 OK' : '404 Not Found', length $answer, $answer;
}
`;

/** The requests to the monitor since it started: method, path and credential. */
async function requests(): Promise<string[]> {
  return (await docker("logs", monitor)).split("\n").filter((line) => line !== "");
}

let stack: Stack;
/** The names in the settings before this suite. */
let names: object | undefined;

beforeAll(async () => {
  stack = await startRehearsal();
  const image = await docker("inspect", "https-portal", "--format", "{{.Image}}");
  const options = ["--detach", "--name", monitor, "--network", "grafana", "--entrypoint", "perl"];
  await docker("rm", "--force", "--volumes", monitor);
  await docker("run", ...options, image, "-e", program);
  names = await readSetting<object>("names");
  await changeSetting<object>("names", (each) => ({ ...each, grafana: longName }));
  await changeSetting("contactPoints", () => ({
    heartbeat,
    webhook: { url: `http://me:pass%40word@${monitor}:3001/hook?to=pi&level=%24high#part` },
    ntfy: { url: `http://${monitor}:3001/topic?priority=5` },
    discord: { url: `http://${monitor}:3001/a'b(c)*,;:@~!=+?q=b'c[0]` },
  }));
  await pulumiOrFail(stack, "up");
});

afterAll(async () => {
  await docker("rm", "--force", "--volumes", monitor);
  if (names !== undefined) {
    await changeSetting("names", () => names);
  }
  await changeSetting("contactPoints", () => undefined);
  await pulumiOrFail(stack, "up");
});

/** What this suite reads of Grafana's file of contact points. */
interface ContactPointsFile {
  readonly contactPoints: { receivers: { uid: string; settings: { url: string } }[] }[];
}

test("a POST from Grafana's container to each address in its file arrives as the settings say", async () => {
  const file = await docker(
    "exec",
    "grafana",
    "cat",
    "/etc/grafana/provisioning/alerting/contact-points.yaml",
  );
  const receivers = (parse(file) as ContactPointsFile).contactPoints.flatMap((each) => each.receivers);
  for (const { settings } of receivers) {
    await docker("exec", "grafana", "curl", "-sS", "--globoff", "--data", "{}", settings.url);
  }
  // A real Grafana may send heartbeats of its own meanwhile.
  const all = await requests();
  expect(all).toContain(heartbeatRequest);
  expect(all.filter((each) => each !== heartbeatRequest).sort()).toEqual(
    [
      "POST /hook?to=pi&level=%24high Basic bWU6cGFzc0B3b3Jk",
      "POST /topic?priority=5&template=grafana -",
      "POST /a'b(c)*,;:@~!=+?q=b'c[0] -",
    ].sort(),
  );
});

test("the monitor's address is not in the portal's environment or log", async () => {
  expect(await docker("inspect", "https-portal")).not.toContain(token);
  expect(await docker("logs", "https-portal")).not.toContain(token);
});

test("the relay is on no port of the server", async () => {
  expect(await docker("port", "https-portal")).not.toContain(`${relayPort}`);
  const answer = await $({ nothrow: true })`curl --silent --max-time 5 http://127.0.0.1:${relayPort}/`;
  expect(answer.exitCode).not.toBe(0);
});

test("a name of 64 characters has a certificate and an answer", async () => {
  expect(longName).toHaveLength(64);
  const file = `/var/lib/https-portal/${longName}/local/signed.crt`;
  const resolve = ["--resolve", `${longName}:443:127.0.0.1`, "--cacert", file];
  const answer = await docker(
    ...["exec", "https-portal", "curl", "-sS", "--fail", "--retry", "5", "--retry-all-errors", ...resolve],
    `https://${longName}/api/health`,
  );
  expect(answer).toContain("database");
});

describe("`npm run alert-test`", () => {
  test("calls the heartbeat and shows its answer", async () => {
    await changeSetting("contactPoints", () => ({ heartbeat }));
    const before = (await requests()).length;
    const { exitCode, stdout } = await run("alert-test");
    expect(stdout).toMatch(/heartbeat +│ 200 {"ok":true}/);
    expect(exitCode).toBe(0);
    const added = (await requests()).slice(before);
    expect(added).toContain(heartbeatRequest);
    expect(added.filter((each) => each !== heartbeatRequest)).toEqual([]);
  });

  test("says why a monitor refuses it, without its address", async () => {
    await changeSetting("contactPoints", () => ({ heartbeat: { ...heartbeat, method: "POST" } }));
    const { exitCode, stdout, stderr } = await run("alert-test");
    expect(stdout).toMatch(/heartbeat +│ 404 Cannot POST .*contactPoints.heartbeat.method: GET/);
    expect(exitCode).toBe(1);
    expect(stdout + stderr).not.toContain(token);
  });

  test("says that nothing answers, without the address", async () => {
    await changeSetting("contactPoints", () => ({
      heartbeat: { url: `http://${monitor}:3002/ping/${token}` },
    }));
    const { exitCode, stdout, stderr } = await run("alert-test");
    expect(stdout).toMatch(/heartbeat +│ curl: \(7\)/);
    expect(exitCode).toBe(1);
    expect(stdout + stderr).not.toContain(token);
  });
});
