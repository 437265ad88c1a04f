import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import { renderTelegrafConfig } from "../../components/server/telegraf/telegraf";
import { makeCertificate } from "../support/certificate";
import { eventually } from "../support/eventually";
import { startInfluxStandIn } from "../support/influxStandIn";
import { renderedFiles } from "../support/renderedFiles";
import {
  mergingAtTheEnd,
  remoteWrite,
  replace,
  startTelegraf,
  writeTelegrafConfig,
} from "../support/runTelegraf";
import { temporaryFolder } from "../support/temporaryFolder";
import { exampleTelegraf } from "../support/exampleTelegraf";

const folder = temporaryFolder();

test.each(["disk", "memory"])("telegraf accepts telegraf.conf with its buffer in %s", (strategy) => {
  const file = writeTelegrafConfig(folder, renderedFiles["telegraf.conf"]);
  const words = ["config", "check", "--strict-env-handling", "--config", file];
  const env = { ...process.env, BUFFER_STRATEGY: strategy };
  const { status, stderr } = spawnSync("telegraf", words, { env, encoding: "utf8" });
  expect(stderr).not.toMatch(/ E! /);
  expect(status).toBe(0);
});

test("Telegraf writes what it gets to the bucket of the settings, whatever characters that has", async () => {
  const org = "$HOME ${HOME} $$ #1 'é' {😀} %20&+;=,\u00a0\ufeff\uffff";
  const bucket = `${org}?bucket=other`;
  const influxDb = await startInfluxStandIn();
  const config = writeTelegrafConfig(
    folder,
    renderTelegrafConfig({ ...exampleTelegraf, influxUrl: influxDb.url, org, bucket }),
  );
  const telegraf = await startTelegraf(config);
  try {
    const body = remoteWrite([{ __name__: "up" }]);
    const { status } = await fetch(telegraf.ingestUrl, { method: "POST", body });
    expect(status).toBe(204);
    const write = await eventually("a write to InfluxDB", 20, () => {
      expect(influxDb.writes).not.toEqual([]);
      return influxDb.writes[0];
    });
    expect(write).toEqual({
      parameters: { org, bucket },
      authorization: "Token the-token",
      // Without the host's name, which differs in a new container.
      lines: ["prometheus_remote_write up=1 1000000"],
    });
  } finally {
    await telegraf.end("SIGTERM");
    influxDb.close();
  }
});

test("Telegraf makes one point of samples with the same labels and time, whatever their time is", async () => {
  const influxDb = await startInfluxStandIn();
  const config = writeTelegrafConfig(
    folder,
    mergingAtTheEnd(renderTelegrafConfig({ ...exampleTelegraf, influxUrl: influxDb.url })),
  );
  const telegraf = await startTelegraf(config);
  const now = Date.now();
  const century = 100 * 365 * 86_400_000;
  const times = [now - 0.5 * century, now - 60_000, now, now + 60_000, now + 0.9 * century];
  try {
    for (const time of times) {
      const series = [
        { __name__: "node_load1", node_name: "kube-0" },
        { __name__: "node_load1", node_name: "kube-1" },
        { __name__: "node_load5", node_name: "kube-0" },
      ];
      // As two shards of Prometheus send them.
      for (const body of [remoteWrite(series.slice(0, 1), time), remoteWrite(series.slice(1), time)]) {
        const { status } = await fetch(telegraf.ingestUrl, { method: "POST", body });
        expect(status).toBe(204);
      }
    }
    await telegraf.end("SIGTERM");
    const lines = influxDb.writes.flatMap(({ lines: written }) => written);
    expect(lines.sort()).toEqual(
      times
        .flatMap((time) => [
          `prometheus_remote_write,node_name=kube-0 node_load1=1,node_load5=1 ${time}000000`,
          `prometheus_remote_write,node_name=kube-1 node_load1=1 ${time}000000`,
        ])
        .sort(),
    );
  } finally {
    await telegraf.end("SIGTERM");
    influxDb.close();
  }
});

test("Telegraf leaves out the names for which InfluxDB would refuse the samples of all targets", async () => {
  const influxDb = await startInfluxStandIn();
  const config = writeTelegrafConfig(
    join(folder, "labels"),
    renderTelegrafConfig({ ...exampleTelegraf, influxUrl: influxDb.url }),
  );
  const telegraf = await startTelegraf(config);
  try {
    const reserved = ["_field", "_measurement", "_start", "_stop", "_time", "_value", "time"];
    const labels = Object.fromEntries(reserved.map((name) => [name, "x"]));
    const body = remoteWrite([
      { __name__: "up", job: "nas", times: "y", ...labels },
      { __name__: "time", job: "nas" },
    ]);
    expect((await fetch(telegraf.ingestUrl, { method: "POST", body })).status).toBe(204);
    const write = await eventually("a write to InfluxDB", 20, () => {
      expect(influxDb.writes).not.toEqual([]);
      return influxDb.writes[0];
    });
    expect(write?.lines).toEqual(["prometheus_remote_write,job=nas,times=y up=1 1000000"]);
  } finally {
    await telegraf.end("SIGTERM");
    influxDb.close();
  }
});

// The other tests run while it waits, so it has a folder of its own.
test.concurrent("Telegraf takes a body that is 11 s late", async () => {
  const telegraf = await startTelegraf(
    writeTelegrafConfig(join(folder, "late"), renderedFiles["telegraf.conf"]),
  );
  try {
    const body = remoteWrite([{ __name__: "up" }]);
    const message = request(telegraf.ingestUrl, {
      method: "POST",
      headers: { "content-length": body.length },
    });
    const answered = once(message, "response");
    message.write(body.subarray(0, 1));
    await setTimeout(11_000);
    message.end(body.subarray(1));
    const [response] = (await answered) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(204);
  } finally {
    await telegraf.end("SIGTERM");
  }
});

describe("Telegraf reports of the server", () => {
  const servers: Server[] = [];
  /** The fields of each series, by its measurement and tags. */
  const series = new Map<string, Map<string, string>>();

  beforeAll(async () => {
    const influxDb = await startInfluxStandIn();
    const days = { "influxdb.example.com": 10, "grafana.example.com": 20 };
    const changes = [
      // A folder of the tests is not where a volume is mounted.
      [/mount_points = \["\/var\/lib\/telegraf"\]/, 'mount_points = ["/"]'],
      [/https-portal:443/g, `127.0.0.1:${await listen(portal(days))}`],
      [/https-portal:8080/, `127.0.0.1:${await listen(createServer(answerStatus))}`],
    ] as const;
    const rendered = renderTelegrafConfig({
      ...exampleTelegraf,
      influxUrl: influxDb.url,
      publicNames: Object.keys(days),
    });
    const content = changes.reduce(
      (text, [found, replacement]) => replace(text, found, replacement),
      rendered,
    );
    writeFileSync(join(folder, "last-backup"), "");
    const telegraf = await startTelegraf(writeTelegrafConfig(folder, content, "1s"));
    try {
      await eventually("the series of the server", 20, () => {
        for (const [name = "", fields = ""] of influxDb.writes.flatMap(({ lines }) => lines).map(split)) {
          const known = series.get(name) ?? new Map<string, string>();
          series.set(name, known);
          for (const [field = "", value = ""] of fields.split(",").map((each) => each.split("="))) {
            known.set(field, value);
          }
        }
        // The load of the processor takes two measurements.
        expect([...series.keys()]).toEqual(expect.arrayContaining(["cpu,cpu=cpu-total", "nginx"]));
      });
    } finally {
      await telegraf.end("SIGTERM");
      influxDb.close();
    }
  });

  afterAll(() => {
    servers.forEach((server) => server.close());
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  }

  function value(name: string, field: string): number {
    return Number.parseFloat(series.get(name)?.get(field) ?? "");
  }

  test("these series and no others", () => {
    const own = [...series].filter(([name]) => !name.startsWith("internal"));
    const measured = own.map(([name, fields]) => [name.replace(folder, ""), [...fields.keys()].sort()]);
    expect(Object.fromEntries(measured)).toMatchSnapshot();
  });

  test("how full memory and disk are", () => {
    for (const name of ["mem", "disk,path=/"]) {
      expect(value(name, "used_percent")).toBeGreaterThan(0);
      expect(value(name, "used_percent")).toBeLessThan(100);
    }
  });

  test("when the last backup was made", () => {
    const made = value(`filestat,file=${folder}/last-backup`, "modification_time") / 1e9;
    expect(Math.abs(Date.now() / 1000 - made)).toBeLessThan(60);
  });

  test.each([
    ["influxdb", 10],
    ["grafana", 20],
  ])("how long the certificate of %s is valid, though it is not trusted", (name, days) => {
    const certificate = `x509_cert,server_name=${name}.example.com`;
    expect(value(certificate, "expiry") / 86_400).toBeCloseTo(days, 1);
    expect(value(certificate, "verification_code")).toBe(1);
  });

  test("how many series and bytes InfluxDB has", () => {
    // As in influxStandIn.metrics.txt.
    expect(value("influxdb,bucket=6a56c4d92284541b", "storage_bucket_series_num")).toBe(3050);
    const path = "/var/lib/influxdb2/engine/data/6a56c4d92284541b/autogen/";
    expect(value(`influxdb,bucket=6a56c4d92284541b,path=${path}1`, "storage_shard_disk_size")).toBe(4096);
    expect(value(`influxdb,bucket=6a56c4d92284541b,path=${path}2`, "storage_shard_disk_size")).toBe(40);
  });

  test("how many requests the portal had", () => {
    expect(value("nginx", "requests")).toBe(31);
  });
});

/** A line of line protocol as series and fields; no text in these tests has a space. */
function split(line: string): string[] {
  return line.split(" ");
}

/** Plays the portal: it has a certificate for each name, and closes connections for other names. */
function portal(days: Readonly<Record<string, number>>): Server {
  const contexts = Object.entries(days).map(([name, each]) => {
    const { certificate: cert, key } = makeCertificate(join(folder, name), name, { days: each });
    return [name, createSecureContext({ key, cert })] as const;
  });
  const find = new Map(contexts);
  return createTlsServer({
    SNICallback: (name, answer) => {
      const context = find.get(name);
      answer(context === undefined ? new Error(`no certificate for ${name}`) : null, context);
    },
  });
}

function answerStatus(request: IncomingMessage, response: ServerResponse): void {
  const status =
    "Active connections: 2 \nserver accepts handled requests\n 16 16 31 \nReading: 0 Writing: 1 Waiting: 1 \n";
  response.writeHead(request.url === "/status" ? 200 : 404).end(status);
}
