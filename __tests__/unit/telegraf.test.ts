import fc from "fast-check";
import { parse } from "smol-toml";
import { renderTelegrafConfig } from "../../components/server/telegraf";
import { influxName } from "../support/arbitraries";
import { containerInputs, containerType, find, recordServer } from "../support/recordServer";

const influxUrl = "http://influxdb:8086";

test("Telegraf has a container with its configuration and its token as files", async () => {
  const { inputs } = find(await recordServer(), containerType, "server-telegraf");
  expect(inputs).toEqual(
    containerInputs(
      {
        name: "telegraf",
        networks: ["telegraf"],
        healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8081"],
        memory: 512,
        stopSeconds: 30,
      },
      {
        uploads: [
          {
            file: "/etc/telegraf/telegraf.conf",
            content: renderTelegrafConfig({ influxUrl, org: "pi-monitoring", bucket: "prometheus" }),
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

test("any names that the settings accept are in telegraf.conf, with $ as Telegraf wants it", () => {
  fc.assert(
    fc.property(influxName, influxName, (org, bucket) => {
      const { outputs } = parse(renderTelegrafConfig({ influxUrl, org, bucket }));
      expect(outputs).toMatchObject({
        influxdb_v2: [
          {
            urls: [influxUrl],
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
