import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { renderTelegrafConfig } from "../../components/server/telegraf";
import { renderedFiles } from "../support/renderedFiles";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();
const file = join(folder, "telegraf.conf");

/** Writes `telegraf.conf` with the container's path and ports replaced by a folder and free ports of this machine. */
function writeConfig(content: string): void {
  writeFileSync(
    file,
    content
      .replace("/etc/telegraf/secrets", join(folder, "secrets"))
      .replace('":8080"', '"127.0.0.1:0"')
      .replace("http://localhost:8081", "http://127.0.0.1:0"),
  );
}

beforeAll(() => {
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets/influxdb_token"), "the-token");
});

test("telegraf accepts telegraf.conf", () => {
  writeConfig(renderedFiles["telegraf.conf"]);
  const words = ["config", "check", "--strict-env-handling", "--config", file];
  const { status, stderr } = spawnSync("telegraf", words, { encoding: "utf8" });
  expect(stderr).not.toMatch(/ E! /);
  expect(status).toBe(0);
});

test("Telegraf writes what it gets to the bucket of the settings, whatever characters that has", async () => {
  const org = "$HOME ${HOME} $$ #1 'é' {😀} %20&+;=,\u00a0\ufeff\uffff";
  const bucket = `${org}?bucket=other`;
  const influxDb = createServer();
  await once(influxDb.listen(0, "127.0.0.1"), "listening");
  const influxUrl = `http://127.0.0.1:${(influxDb.address() as AddressInfo).port}`;
  writeConfig(renderTelegrafConfig({ influxUrl, org, bucket }));
  const telegraf = spawn("telegraf", ["--config", file], { stdio: ["ignore", "ignore", "pipe"] });
  try {
    const written = once(influxDb, "request") as Promise<[IncomingMessage, ServerResponse]>;
    const ingestUrl = `http://${await listenerAddress(telegraf.stderr)}/telegraf`;
    const { status } = await fetch(ingestUrl, { method: "POST", body: remoteWrite("up") });
    expect(status).toBe(204);
    const [request, response] = await written;
    const { searchParams } = new URL(request.url ?? "", influxUrl);
    expect({
      parameters: Object.fromEntries(searchParams),
      authorization: request.headers.authorization,
      // Without the name of the host, which another container does not have.
      body: await text(request.pipe(createGunzip())),
    }).toEqual({
      parameters: { org, bucket },
      authorization: "Token the-token",
      body: "prometheus_remote_write up=1 1000000\n",
    });
    response.writeHead(204).end();
  } finally {
    telegraf.kill();
    influxDb.close();
  }
});

/** The address that Telegraf has told that it listens at. */
async function listenerAddress(log: Readable): Promise<string> {
  let lines = "";
  for await (const line of createInterface(log)) {
    const address = /\[inputs\.http_listener_v2\] Listening on (\S+)/.exec(line)?.[1];
    if (address !== undefined) {
      return address;
    }
    lines += `${line}\n`;
  }
  throw new Error(`Telegraf has ended:\n${lines}`);
}

/**
 * What Prometheus sends, uncompressed, for one sample: 1 at one millisecond past 1970.
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
function remoteWrite(metric: string): Buffer {
  const field = (number: number, ...content: Buffer[]): Buffer => {
    const bytes = Buffer.concat(content);
    return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  };
  const label = field(1, field(1, Buffer.from("__name__")), field(2, Buffer.from(metric)));
  const value = Buffer.alloc(8);
  value.writeDoubleLE(1);
  const sample = field(2, Buffer.from([(1 << 3) | 1]), value, Buffer.from([2 << 3, 1]));
  return field(1, label, sample);
}
