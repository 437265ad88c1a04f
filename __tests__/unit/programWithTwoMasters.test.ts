import * as pulumi from "@pulumi/pulumi";
import { configuration, exampleNode, smallest } from "../support/exampleSettings";
import { type RecordedResource, recordResources } from "../support/recordResources";

const nodes = [
  exampleNode("kube-0", { master: true }),
  exampleNode("kube-1", { scrapedBy: "barn-0", exporters: { snmp: {} } }),
  exampleNode("barn-0", { master: true, exporters: { bind: {} } }),
  exampleNode("barn-1", { scrapedBy: "kube-0" }),
];
const masters = ["kube-0", "barn-0"];

// Not in program.test.ts, as a test file can run index.ts only once.
describe("a stack of two masters", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    pulumi.runtime.setAllConfig(configuration({ ...smallest, nodes }));
    resources = await recordResources(async () => {
      await Promise.resolve(jest.requireActual("../../index"));
    });
  });

  function setupOf(master: string): string {
    const script = resources.find(({ name }) => name === `${master}-prometheus-script`);
    return (script?.inputs["stdin"] as { secret: string }).secret;
  }

  test.each([
    ["kube-0", ["kube-0.local:9090", "kube-0.local:9100", "barn-1.local:9100"]],
    [
      "barn-0",
      [
        "barn-0.local:9090",
        "kube-1.local:9100",
        "barn-0.local:9100",
        "barn-0.local:9119",
        "kube-1.local:9116",
      ],
    ],
  ])("lets %s scrape itself and its nodes", (master, targets) => {
    // They stand there twice: for promtool, and for Prometheus.
    expect([...new Set(setupOf(master).match(/[a-z]+-\d\.local:\d+/g))]).toEqual(targets);
  });

  test("sets exporters up last on their nodes, as apt runs once at a time, and Prometheus must not wait for them", () => {
    const exporters = resources.filter(({ name }) => name.endsWith("-exporters-script"));
    expect(exporters.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ["kube-1-exporters-script", ["command:remote:Command kube-1-exporters"]],
      ["barn-0-exporters-script", ["command:remote:Command barn-0-prometheus-script"]],
    ]);
  });

  test("gives each master its own credential only", () => {
    for (const master of masters) {
      const users = resources.filter(({ inputs }) =>
        JSON.stringify(inputs).includes(`server-ingest-${master}-password-result`),
      );
      expect(users.map(({ name }) => name).sort()).toEqual(
        [
          `${master}-prometheus-script`,
          `server-ingest-${master}-accepted`,
          `server-ingest-${master}-revocation`,
        ].sort(),
      );
    }
  });

  test("revokes what each master had without a wait for the other", () => {
    for (const master of masters) {
      const revocation = resources.find(({ name }) => name === `server-ingest-${master}-revocation`);
      expect(revocation?.dependsOn.filter((each) => each.startsWith("command:remote:"))).toEqual([
        `command:remote:Command ${master}-prometheus-script`,
      ]);
    }
  });
});
