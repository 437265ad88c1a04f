import type { RecordedResource } from "../../../../support/recordResources";
import { containerType, labels, recordServer } from "../../../../support/recordServer";

let containers: RecordedResource[];

beforeAll(async () => {
  containers = (await recordServer()).filter(({ type }) => type === containerType);
});

test("the server has these containers", () => {
  expect(containers.map(({ inputs }) => inputs["name"]).sort()).toEqual([
    "grafana",
    "https-portal",
    "influxdb",
    "telegraf",
  ]);
});

test("every container restarts, is checked, has limits, rotates its log and bears the stack's label", () => {
  for (const { inputs } of containers) {
    expect(inputs).toMatchObject({
      restart: "unless-stopped",
      // Without a time to stop in, the provider kills at once.
      destroyGraceSeconds: inputs["stopTimeout"],
      // A limit without one for swap is a change at every `up`.
      memorySwap: inputs["memory"],
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      labels,
    });
    expect(inputs["healthcheck"]).toMatchObject({
      tests: expect.arrayContaining([expect.stringMatching(/^CMD/)]) as string[],
    });
    expect(inputs["memory"]).toBeGreaterThan(0);
    expect(inputs["stopTimeout"]).toBeGreaterThanOrEqual(15);
  }
});

test("only https-portal has ports on the host", () => {
  const withPorts = containers.filter(({ inputs }) => "ports" in inputs);
  expect(withPorts.map(({ inputs }) => [inputs["name"], inputs["ports"]])).toEqual([
    [
      "https-portal",
      [
        { internal: 80, external: 80 },
        { internal: 443, external: 443 },
      ],
    ],
  ]);
});

test("a container is gone before its successor takes its name, and has its new health check", () => {
  for (const { options } of containers) {
    expect(options).toEqual({ deleteBeforeReplace: true, replaceOnChanges: ["healthcheck"] });
  }
});
