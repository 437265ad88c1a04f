import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "smol-toml";
import {
  renderTelegrafConfig,
  renderTelegrafStart,
} from "../../../../../components/server/telegraf/telegraf";
import { influxName } from "../../../../support/arbitraries";
import { exampleSettings } from "../../../../support/exampleSettings";
import { containerInputs, containerType, find, recordServer } from "../../../../support/recordServer";
import { exampleTelegraf } from "../../../../support/exampleTelegraf";
import { projectRoot } from "../../../../support/projectRoot";

const settings = exampleSettings();

test("Telegraf has a container with its scripts, its configuration and its token as files", async () => {
  const { inputs } = find(await recordServer(), containerType, "server-telegraf");
  expect(inputs).toEqual(
    containerInputs(
      {
        name: "telegraf",
        networks: ["telegraf"],
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8081"],
        memory: 512,
        stop: { signal: "SIGTERM", seconds: 30 },
      },
      {
        entrypoints: ["sh", "/etc/telegraf/start.sh"],
        envs: ["GOGC=400", "GOMEMLIMIT=435MiB"],
        volumes: [
          { volumeName: "telegraf", containerPath: "/var/lib/telegraf" },
          { volumeName: "ingest-spool", containerPath: "/var/spool/ingest" },
        ],
        uploads: [
          {
            file: "/etc/telegraf/start.sh",
            content: renderTelegrafStart(settings.influxdb, { bufferLimit: 3456 }),
          },
          {
            file: "/etc/telegraf/repair_buffer.pl",
            content: readFileSync(
              join(projectRoot, "components/server/telegraf/telegraf.repairBuffer.pl"),
              "utf8",
            ),
          },
          {
            file: "/etc/telegraf/telegraf.conf",
            content: renderTelegrafConfig({
              ...exampleTelegraf,
              publicNames: ["influxdb.example.com", "grafana.example.com", "telegraf.example.com"],
            }),
          },
          {
            file: "/etc/telegraf/secrets/influxdb_token",
            content: { secret: "server-telegraf-token-authorization-line-2" },
          },
        ],
      },
    ),
  );
});

test("the start script has the limit of the buffer in KiB", () => {
  expect(renderTelegrafStart(settings.influxdb, { bufferLimit: 300 })).toContain("\nlimit_kb='307200'\n");
});

test.each([
  [{}, "'http://influxdb:8086'/health"],
  [{ url: "https://cloud.example.com", adminToken: "the-token" }, "'https://cloud.example.com'/ping"],
])("the start script asks for InfluxDB's health at a path that it has: %j", (influxdb, url) => {
  const script = renderTelegrafStart(exampleSettings({ influxdb }).influxdb, { bufferLimit: 300 });
  expect(script).toContain(` ${url}\n`);
});

test("the outage and the nodes of the settings decide how much the container buffers", async () => {
  const { inputs } = find(await recordServer({ outageHours: 48 }), containerType, "server-telegraf");
  const [start] = (inputs as { uploads: { content: string }[] }).uploads;
  expect(start?.content).toContain(`\nlimit_kb='${6912 * 1024}'\n`);
});

test("any names that the settings accept are in telegraf.conf, with $ as Telegraf wants it", () => {
  fc.assert(
    fc.property(influxName, influxName, (org, bucket) => {
      const { outputs } = parse(renderTelegrafConfig({ ...exampleTelegraf, org, bucket }));
      expect(outputs).toMatchObject({
        influxdb_v2: [
          {
            urls: ["http://influxdb:8086"],
            token: "@{files:influxdb_token}",
            organization: org.replaceAll("$", () => "$$"),
            bucket: bucket.replaceAll("$", () => "$$"),
          },
        ],
      });
    }),
    { numRuns: 500 },
  );
});

// Its hash names the folder of the buffer: with another one, what waits there is stranded.
test("the block of the output is what it has always been, byte for byte", () => {
  const view = { ...exampleTelegraf, publicNames: ["grafana.example.com"] };
  const block = `
[[outputs.influxdb_v2]]
  urls = ["http://influxdb:8086"]
  token = "@{files:influxdb_token}"
  organization = "pi-monitoring"
  bucket = "prometheus"

# Answers`;
  expect(renderTelegrafConfig(view)).toContain(block);
  // Nor does a larger fleet change it.
  const sizing = { batchSize: 20_000, memoryBufferLimit: 1_000_000 };
  expect(renderTelegrafConfig({ ...view, sizing })).toContain(block);
});

test("Telegraf looks at the certificates of the names that the portal answers for", async () => {
  const resources = await recordServer({ expose: { grafana: false } });
  const { uploads } = find(resources, containerType, "server-telegraf").inputs as {
    uploads: { file: string; content: string }[];
  };
  const config = uploads.find(({ file }) => file === "/etc/telegraf/telegraf.conf");
  const { inputs } = parse(config?.content ?? "") as { inputs: { x509_cert: { server_name: string }[] } };
  expect(inputs.x509_cert.map((each) => each.server_name)).toEqual([
    "influxdb.example.com",
    "telegraf.example.com",
  ]);
});
