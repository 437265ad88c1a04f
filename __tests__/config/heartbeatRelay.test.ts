import { spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { renderHeartbeatRelay } from "../../components/server/ingress/heartbeatRelay";
import { makeCertificate } from "../support/certificate";
import { eventually } from "../support/eventually";
import { nginxFolders } from "../support/nginxFolders";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();
/** What the push monitor was asked last. */
let received: IncomingMessage | undefined;
let body = "";

/** Takes a GET and nothing else, as version 1 of Uptime Kuma does. */
const monitor: RequestListener = (message, response) => {
  received = message;
  void text(message).then((content) => {
    body = content;
    response.writeHead(message.method === "GET" ? 200 : 404).end(`Cannot ${message.method} ${message.url}`);
  });
};

const plain = createServer(monitor);
let secure: Server;
let stranger: Server;
/** Answers every name with this machine's IPv4 address, but a name that begins with `gone`. */
const dns = createSocket("udp4");
const running: ChildProcess[] = [];

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  const certified = (host: string, target: string): Server => {
    const { certificate: cert, key } = makeCertificate(join(folder, target), host);
    return createTlsServer({ cert, key }, monitor);
  };
  secure = certified("kuma.example.com", "known");
  stranger = certified("kuma.example.com", "unknown");
  await Promise.all([plain, secure, stranger].map(listen));
  dns.on("message", (query, from) => {
    const gone = query.includes("gone");
    // Of the two questions, AAAA is answered with nothing: RFC 1035, section 4.
    const isA = query.readUInt16BE(query.length - 4) === 1;
    const answer = Buffer.from(query);
    answer.writeUInt16BE(gone ? 0x8183 : 0x8180, 2);
    answer.writeUInt16BE(isA && !gone ? 1 : 0, 6);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    dns.send(isA && !gone ? Buffer.concat([answer, record]) : answer, from.port, from.address);
  });
  dns.bind(0, "127.0.0.1");
  await once(dns, "listening");
});

afterAll(() => {
  for (const nginx of running) {
    nginx.kill();
  }
  for (const server of [plain, secure, stranger]) {
    server.close();
  }
  dns.close();
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Starts nginx with the relay of a push monitor, and sends what Grafana sends to it. */
async function call(url: string): Promise<{ status: number | undefined; stderr: string }> {
  const name = `${running.length}`;
  const socket = join(folder, `${name}.sock`);
  const relay = renderHeartbeatRelay(url)
    .replace("listen 8082;", `listen unix:${socket};`)
    .replace("resolver 127.0.0.11", `resolver 127.0.0.1:${dns.address().port}`)
    .replace("/etc/ssl/certs/ca-certificates.crt", join(folder, "known/chained.crt"));
  const configuration = join(folder, `${name}.conf`);
  writeFileSync(
    configuration,
    `daemon off; pid ${folder}/${name}.pid; error_log stderr; events {}
     http {
       access_log off;
       ${nginxFolders(folder)}
       ${relay}
     }`,
  );
  received = undefined;
  const nginx = spawn("nginx", ["-e", "stderr", "-c", configuration], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.push(nginx);
  let stderr = "";
  nginx.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const status = await eventually("an answer of nginx", 20, async () => {
    const message = request({ socketPath: socket, agent: false, method: "POST", path: "/" });
    message.setHeader("Content-Type", "application/json");
    message.setHeader("Authorization", "Bearer of-another");
    message.end('{"alerts":[]}');
    const [response] = (await once(message, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  });
  nginx.kill();
  return { status, stderr };
}

test.each([
  ["/api/push/gR4Zq0e1Xy?status=up&msg=OK&ping=", "/api/push/gR4Zq0e1Xy?status=up&msg=OK&ping="],
  ["/api/push/x#part", "/api/push/x"],
  ["?id=7", "/?id=7"],
  ["", "/"],
  ["/a%20b/it's(1)*,;:@~!&=+?q=%24x'[0]", "/a%20b/it's(1)*,;:@~!&=+?q=%24x'[0]"],
])("a push monitor at %s gets a GET of %s", async (address, path) => {
  const { status, stderr } = await call(`http://127.0.0.1:${portOf(plain)}${address}`);
  expect({ status, method: received?.method, path: received?.url, body }).toEqual({
    status: 200,
    method: "GET",
    path,
    body: "",
  });
  // What Grafana has for itself stays here.
  expect(received?.headers).not.toHaveProperty("authorization");
  expect(received?.headers).not.toHaveProperty("content-type");
  expect(received?.headers.host).toBe(`127.0.0.1:${portOf(plain)}`);
  expect(stderr).toBe("");
});

test.each([
  ["me:pass%40word!", "me:pass@word!"],
  ["token", "token:"],
  ["m%C3%BC:a:b", "mü:a:b"],
])("the user %s of the address is %s for the monitor", async (userInfo, credential) => {
  await call(`http://${userInfo}@127.0.0.1:${portOf(plain)}/`);
  const [, encoded = ""] = received?.headers.authorization?.split("Basic ") ?? [];
  expect(Buffer.from(encoded, "base64").toString()).toBe(credential);
});

test("the monitor's name is resolved, and its certificate checked", async () => {
  const { status } = await call(`https://kuma.example.com:${portOf(secure)}/api/push/x?status=up`);
  expect({ status, path: received?.url }).toEqual({ status: 200, path: "/api/push/x?status=up" });
  expect(received?.headers.host).toBe(`kuma.example.com:${portOf(secure)}`);
});

test.each<[string, () => string]>([
  ["a certificate of another name", () => `https://other.example.com:${portOf(secure)}/api/push/SECRET`],
  ["an unknown certificate", () => `https://kuma.example.com:${portOf(stranger)}/api/push/SECRET`],
  ["a name that does not resolve", () => `https://gone.example.com:${portOf(secure)}/api/push/SECRET`],
  ["a port where nothing listens", () => "http://127.0.0.1:9/api/push/SECRET"],
])("%s is an error for Grafana, and the address is not in the log", async (_, url) => {
  const { status, stderr } = await call(url());
  expect(status).toBe(502);
  expect(received).toBeUndefined();
  expect(stderr).not.toContain("SECRET");
});
