import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingHttpHeaders, type IncomingMessage, type Server } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import fc from "fast-check";
import { statusPorts } from "../../components/server/ingress/ingestEndpoint";
import { renderIngestSite, statusServer, withoutMetrics } from "../../components/server/ingress/httpsPortal";
import { renderIngestNginx } from "../../components/server/ingress/ingestNginx";
import { renderIngestCredential } from "../../components/server/ingress/ingestCredential";
import { spoolFolder } from "../../components/server/telegraf/telegraf";
import { render } from "../../components/template";
import { makeCertificate } from "../support/certificate";
import { eventually } from "../support/eventually";
import { runScript } from "../support/runScript";
import { nginxFolders } from "../support/nginxFolders";
import { temporaryFolder } from "../support/temporaryFolder";

const host = "telegraf.example.com";
const folder = temporaryFolder();
const socket = join(folder, "nginx.sock");
const wordsSocket = join(folder, "words.sock");
const statusSocket = join(folder, "status.sock");
const pagesSocket = join(folder, "other.sock");
const configuration = join(folder, "nginx.conf");
const spool = join(folder, "spool");

/** No connection is kept: it would end with its worker, at every reload. */
const agent = false;

/** Texts of printable characters, without `$`, which the templates refuse. */
const words = fc.sample(fc.stringMatching(/^[ -#%-~]{1,20}$/), 200);

let telegraf: Server;
let nginx: ChildProcess | undefined;
/** What Telegraf answers. */
let answer = 204;
/** What it has received last. */
let received: { headers: IncomingHttpHeaders; bytes: number } | undefined;

beforeAll(async () => {
  telegraf = createServer((message, response) => {
    received = { headers: message.headers, bytes: 0 };
    message.on("data", (chunk: Buffer) => {
      received = { headers: message.headers, bytes: (received?.bytes ?? 0) + chunk.length };
    });
    message.on("end", () => response.writeHead(answer).end());
  });
  await once(telegraf.listen(0, "127.0.0.1"), "listening");
  const { port } = telegraf.address() as AddressInfo;

  makeCertificate(join(folder, host, "local"), host);
  mkdirSync(join(folder, "ingest"));
  const site = renderIngestSite({ host, upstream: `http://127.0.0.1:${port}` }, "local");
  writeFileSync(
    join(folder, "site.conf"),
    onThisMachine(site).replace("listen 443", `listen unix:${socket}`),
  );
  writeFileSync(join(folder, "words.conf"), renderWords());
  writeFileSync(
    configuration,
    `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    # In place of a minute, for the tests.
    client_header_timeout 3s;
    resolver 127.0.0.11 ipv6=off;
    ${nginxFolders(folder)}
    include ${folder}/site.conf;
    include ${folder}/words.conf;
    ${statusServer.replace(`${statusPorts.portal}`, `unix:${statusSocket}`)}
    server {
        listen unix:${pagesSocket};
        ${withoutMetrics}
        location / { return 200 reached; }
    }
}
`,
  );
});

afterAll(() => {
  nginx?.kill();
  telegraf.close();
});

test("nginx accepts the site", () => {
  const { status, stderr } = spawnSync("nginx", ["-t", "-q", "-e", "stderr", "-c", configuration], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

const upstream = "http://127.0.0.1:1";
test.each([
  ["ingest proxy", "ingestProxy", { telegraf: upstream }],
  ["loopback ingress", "loopbackIngress", { telegraf: upstream, grafana: upstream, influxdb: upstream }],
  ["loopback ingress of an InfluxDB elsewhere", "loopbackIngress", { telegraf: upstream, grafana: upstream }],
] as const)("nginx accepts the %s", (_, service, upstreams) => {
  const content = renderIngestNginx(service, upstreams, { include: "" });
  const local = onThisMachine(content)
    .replace("user www-data;", "")
    .replace("access_log off;", `$& ${nginxFolders(folder)}`);
  const file = join(folder, "proxy.conf");
  writeFileSync(file, local.replaceAll("/run/nginx.pid", join(folder, "proxy.pid")));
  const { status, stderr } = spawnSync("nginx", ["-t", "-q", "-e", "stderr", "-c", file], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

describe("the running site", () => {
  beforeAll(async () => {
    nginx = spawn("nginx", ["-e", "stderr", "-c", configuration], { stdio: "ignore" });
    await untilAnswered(404, "/");
  });

  test("accepts nothing before there is a credential", async () => {
    expect(await post("/telegraf", "Bearer the-credential")).toBe(401);
  });

  test("accepts the credential, and does not pass it to Telegraf", async () => {
    credentialScript("accept", "kube-0", "Secret-1");
    await untilAnswered(204, "/telegraf", "Bearer Secret-1");
    expect(received?.headers).not.toHaveProperty("authorization");
  });

  test.each([undefined, "Bearer ", "Bearer other", "Bearer secret-1", "Bearer Secret-12", "Basic Secret-1"])(
    "refuses %p",
    async (authorization) => {
      expect(await post("/telegraf", authorization)).toBe(401);
    },
  );

  test.each(["/", "/telegraf/", "/telegraf/x", "/metrics"])("answers 404 at %s", async (path) => {
    expect(await post(path, "Bearer Secret-1")).toBe(404);
  });

  test("nginx reads each word of a template as it is", async () => {
    for (const [index, word] of words.entries()) {
      expect(await getText(wordsSocket, `/${index}`)).toBe(word);
    }
  });

  test("counts its requests", async () => {
    expect(await getText(statusSocket, "/status")).toMatch(
      /^server accepts handled requests\n \d+ \d+ \d+ $/m,
    );
  });

  // InfluxDB serves its metrics below the path, too.
  test.each([
    "/metrics",
    "/metrics/",
    "/metrics/x",
    "//metrics",
    "/x/../metrics",
    "/%6detrics",
    "/metrics?x",
  ])("hides %s of the names of Grafana and InfluxDB", async (path) => {
    expect(await getText(pagesSocket, path)).toContain("404 Not Found");
  });

  test.each(["/", "/api/v2/query", "/explore/metrics", "/api/metrics"])(
    "hides nothing at %s",
    async (path) => {
      expect(await getText(pagesSocket, path)).toBe("reached");
    },
  );

  test("takes a large request", async () => {
    expect(await post("/telegraf", "Bearer Secret-1", 16 * 1024 * 1024)).toBe(204);
    expect(received?.bytes).toBe(16 * 1024 * 1024);
  });

  // Prometheus drops what is answered by 4xx, and sends everything else again.
  test.each([
    [204, 204],
    [400, 400],
    [410, 503],
    [503, 503],
  ])("when Telegraf answers %i, Prometheus gets %i", async (ofTelegraf, ofSite) => {
    answer = ofTelegraf;
    expect(await post("/telegraf", "Bearer Secret-1")).toBe(ofSite);
    answer = 204;
  });

  test("writes what it takes to the spool, and nothing of what it refuses", async () => {
    const sizes = (): number[] => readdirSync(spool).map((file) => statSync(join(spool, file)).size);
    const before = sizes();
    expect(await post("/telegraf", "Bearer Secret-1", 1234)).toBe(204);
    expect(await post("/telegraf", "Bearer other", 4321)).toBe(401);
    expect(await post("/metrics", "Bearer Secret-1", 4321)).toBe(404);
    expect(sizes().sort()).toEqual([...before, 1234].sort());
  });

  test("accepts the old and the new credential until all but the new one are revoked", async () => {
    credentialScript("accept", "kube-0", "Secret-2");
    await untilAnswered(204, "/telegraf", "Bearer Secret-2");
    expect(await post("/telegraf", "Bearer Secret-1")).toBe(204);
    credentialScript("revoke", "kube-0", "Secret-2");
    await untilAnswered(401, "/telegraf", "Bearer Secret-1");
    expect(await post("/telegraf", "Bearer Secret-2")).toBe(204);
  });

  // Prometheus's HTTP client connects more often than it asks, and keeps such a connection for later.
  test("has accepted a credential when no worker is left that would refuse it on an open connection", async () => {
    const early = connect({ path: socket, servername: host, rejectUnauthorized: false });
    await once(early, "secureConnect");
    const answered = text(early).catch(() => "");
    credentialScript("accept", "kube-0", "Secret-4");
    early.write(`POST /telegraf HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer Secret-4\r\n\r\n`);
    // It was closed, so that Prometheus sends again.
    expect(await answered).toBe("");
    expect(await post("/telegraf", "Bearer Secret-4")).toBe(204);
  });

  test("accepts the credential of each master, and forgets one master without the other", async () => {
    credentialScript("accept", "kube-1", "Secret-3");
    await untilAnswered(204, "/telegraf", "Bearer Secret-3");
    expect(await post("/telegraf", "Bearer Secret-2")).toBe(204);
    credentialScript("forget", "kube-1", "Secret-3");
    await untilAnswered(401, "/telegraf", "Bearer Secret-3");
    expect(await post("/telegraf", "Bearer Secret-2")).toBe(204);
  });
});

/** A server that answers `/INDEX` with one of the words. */
function renderWords(): string {
  const template = join(folder, "words.mustache");
  writeFileSync(
    template,
    "server { listen {{address}}; {{#words}}location = {{path}} { return 200 {{word}}; } {{/words}} }",
  );
  return render(template, "nginx", {
    address: `unix:${wordsSocket}`,
    words: words.map((word, index) => ({ path: `/${index}`, word })),
  });
}

async function getText(socketPath: string, path: string): Promise<string> {
  const message = get({ socketPath, path, agent });
  const [response] = (await once(message, "response")) as [IncomingMessage];
  return text(response);
}

function onThisMachine(content: string): string {
  return content.replaceAll("/var/lib/https-portal", folder).replaceAll(spoolFolder, spool);
}

/** Runs the script that makes nginx accept a credential of a master, or refuse its others. */
function credentialScript(verb: "accept" | "revoke" | "forget", master: string, credential: string): void {
  const pid = nginx?.pid ?? "";
  const stub = `nginx() { kill -HUP ${pid}; }; sleep() { [ "$1" = 30 ] || command sleep "$1"; }`;
  const script = renderIngestCredential({ credential, master, masters: ["kube-0", "kube-1"] });
  // The workers of this nginx, and not those of another one on this machine.
  const own = `$(pgrep -P ${pid} | sed 's|.*|/proc/&/cmdline|')`;
  const local = onThisMachine(script).replace("/proc/[0-9]*/cmdline", () => own);
  expect(runScript(local, [verb], stub)).toMatchObject({ status: 0, stderr: "" });
}

/** The status of the answer to a POST with a body of so many bytes. */
async function post(path: string, authorization?: string, bytes = 1): Promise<number | undefined> {
  const message = request({
    socketPath: socket,
    agent,
    servername: host,
    rejectUnauthorized: false,
    method: "POST",
    path,
    headers: { host, ...(authorization === undefined ? {} : { authorization }) },
  });
  message.end(Buffer.alloc(bytes));
  const [response] = (await once(message, "response")) as [IncomingMessage];
  response.resume();
  // A worker that ends waits up to 5 s until the client has closed the connection. A script that runs next would block it.
  await once(response.socket, "close");
  return response.statusCode;
}

/** Waits until a POST is answered by this status: nginx reloads its configuration in the background. */
async function untilAnswered(status: number, ...call: Parameters<typeof post>): Promise<void> {
  await eventually(`the answer ${status}`, 20, async () => {
    expect(await post(...call)).toBe(status);
  });
}
