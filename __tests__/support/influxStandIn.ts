import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";

/** A write that has arrived at InfluxDB. */
export interface InfluxWrite {
  readonly parameters: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  readonly lines: readonly string[];
}

export interface InfluxStandIn {
  readonly url: string;
  readonly writes: readonly InfluxWrite[];
  /** While it is away it closes every connection. */
  away: boolean;
  close(): void;
}

/** Some metrics of InfluxDB 2.9.1. */
const metrics = readFileSync(join(__dirname, "influxStandIn.metrics.txt"), "utf8");

/** Plays InfluxDB on a free port of this machine: it takes whatever is written. */
export async function startInfluxStandIn(): Promise<InfluxStandIn> {
  const writes: InfluxWrite[] = [];
  const server = createServer((request, response) => {
    if (standIn.away) {
      request.destroy();
      return;
    }
    if (request.url === "/metrics") {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics);
      return;
    }
    void text(request.pipe(createGunzip())).then((body) => {
      writes.push({
        parameters: Object.fromEntries(new URL(request.url ?? "", standIn.url).searchParams),
        authorization: request.headers.authorization,
        lines: body.split("\n").slice(0, -1),
      });
      response.writeHead(204).end();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const standIn: InfluxStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    away: false,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return standIn;
}
