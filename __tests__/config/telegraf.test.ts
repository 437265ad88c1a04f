import { spawnSync } from "node:child_process";
import { renderTelegrafConfig } from "../../components/server/telegraf";
import { startInfluxStandIn } from "../support/influxStandIn";
import { renderedFiles } from "../support/renderedFiles";
import { remoteWrite, startTelegraf, writeTelegrafConfig } from "../support/runTelegraf";
import { temporaryFolder } from "../support/temporaryFolder";
import { until } from "../support/until";

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
  const config = writeTelegrafConfig(folder, renderTelegrafConfig({ influxUrl: influxDb.url, org, bucket }));
  const telegraf = await startTelegraf(config);
  try {
    const body = remoteWrite([{ __name__: "up" }]);
    const { status } = await fetch(telegraf.ingestUrl, { method: "POST", body });
    expect(status).toBe(204);
    await until(() => influxDb.writes.length > 0);
    expect(influxDb.writes[0]).toEqual({
      parameters: { org, bucket },
      authorization: "Token the-token",
      // Without the name of the host, which another container does not have.
      lines: ["prometheus_remote_write up=1 1000000"],
    });
  } finally {
    await telegraf.end("SIGTERM");
    influxDb.close();
  }
});
