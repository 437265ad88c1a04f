import fc from "fast-check";
import { sizeInfluxDb, sizePrometheus, sizeTelegraf } from "../../../../components/settings/sizing";
import { exampleNode, exampleSettings } from "../../../support/exampleSettings";

/** So many nodes, the first of them masters. */
function fleet(nodes: number, masters = 1): { readonly master: boolean }[] {
  return Array.from({ length: nodes }, (_, index) => ({ master: index < masters }));
}

describe("a master's Prometheus", () => {
  test.each([
    // Nodes, scrape interval: samples a second. 20 times as many need 4,000 in a shard; 128 MB hold 6 bytes of each.
    [3, "1m", { shards: 2, blockHours: 8 }], // 67
    [23, "1m", { shards: 2, blockHours: 8 }], // 400
    [24, "1m", { shards: 8, blockHours: 8 }], // 417
    [3, "5s", { shards: 8, blockHours: 4 }], // 800
    [45, "1m", { shards: 8, blockHours: 8 }], // 767
    [46, "1m", { shards: 8, blockHours: 4 }], // 783
    [92, "1m", { shards: 8, blockHours: 4 }], // 1,550
    [93, "1m", { shards: 8, blockHours: 2 }], // 1,567
    [1000, "15s", { shards: 8, blockHours: 2 }], // 66,733
  ])("of %i nodes every %s", (nodes, scrapeInterval, sizing) => {
    expect(sizePrometheus(fleet(nodes), scrapeInterval)).toEqual({
      samplesPerSend: 2000,
      capacity: 10_000,
      ...sizing,
    });
  });

  const given = (count: number) => [{ targets: Array<string>(count).fill("a:1") }];

  test.each([
    // Of three nodes every minute there are 67 samples a second, and 17 more for each target.
    [{ static_configs: given(20) }, { shards: 2, blockHours: 8 }],
    [{ static_configs: given(21) }, { shards: 8, blockHours: 8 }],
    [
      { static_configs: given(21), scrape_interval: "1m30s" },
      { shards: 2, blockHours: 8 },
    ],
    [
      { static_configs: given(2), scrape_interval: "5s" },
      { shards: 8, blockHours: 8 },
    ],
    // Each counts as ten.
    [
      { file_sd_configs: [{}], dns_sd_configs: [{}] },
      { shards: 2, blockHours: 8 },
    ],
    [
      { file_sd_configs: [{}], http_sd_configs: [{}, {}] },
      { shards: 8, blockHours: 8 },
    ],
  ])("of three nodes and the job %j", (job, sizing) => {
    expect(sizePrometheus(fleet(3), "1m", [job])).toMatchObject(sizing);
    expect(sizePrometheus(fleet(3), "1m", [{ ...job, master: "kube-0" }])).toMatchObject(sizing);
  });

  test("changes little, seldom, and in one direction while its nodes become more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.constantFrom("s", "m"), (length, unit) => {
        const sizings = Array.from({ length: 300 }, (_, nodes) =>
          sizePrometheus(fleet(nodes + 1), `${length}${unit}`),
        );
        const shards = sizings.map((sizing) => sizing.shards);
        const blockHours = sizings.map((sizing) => sizing.blockHours);
        expect(shards).toEqual(shards.toSorted((a, b) => a - b));
        expect(blockHours).toEqual(blockHours.toSorted((a, b) => b - a));
        expect(new Set(shards).size).toBeLessThanOrEqual(2);
        expect(new Set(blockHours).size).toBeLessThanOrEqual(3);
      }),
    );
  });
});

describe("Telegraf", () => {
  const settingsOf = (nodes: number, masters: number, more: object): Parameters<typeof sizeTelegraf>[0] => {
    const list = fleet(nodes, masters).map(({ master }, index) =>
      exampleNode(`kube-${index}`, { master, ...(master ? {} : { scrapedBy: "kube-0" }) }),
    );
    return exampleSettings({ nodes: list, ...more });
  };

  describe("has a buffer, in megabytes,", () => {
    // 1,000 samples of 600 bytes for each node, and for each Prometheus, and scrape.
    test.each([
      { nodes: 3, scrapeInterval: "1m", outageHours: 24, limit: 3456 },
      { nodes: 3, scrapeInterval: "15s", outageHours: 24, limit: 13_824 },
      { nodes: 3, scrapeInterval: "60s", outageHours: 24, limit: 3456 },
      { nodes: 20, scrapeInterval: "1m", outageHours: 72, limit: 54_432 },
      { nodes: 1, scrapeInterval: "1s", outageHours: 1, limit: 4320 },
      { nodes: 1, scrapeInterval: "7m", outageHours: 100, limit: 1029 },
      // Never less than a few files of 20 MB, whatever the arithmetic says.
      { nodes: 1, scrapeInterval: "1m", outageHours: 1, limit: 256 },
      { nodes: 1, scrapeInterval: "1m", outageHours: 7, limit: 504 },
      { nodes: 1, scrapeInterval: "1m", outageHours: 8, limit: 576 },
      { nodes: 1, scrapeInterval: "9999m", outageHours: 720, limit: 256 },
    ])(
      "of $nodes nodes that are scraped every $scrapeInterval: $limit for $outageHours hours",
      ({ nodes, scrapeInterval, outageHours, limit }) => {
        const settings = settingsOf(nodes, 1, { prometheus: { scrapeInterval }, outageHours });
        expect(sizeTelegraf(settings).bufferLimit).toBe(limit);
      },
    );

    test("of exporters, with half as many samples each", () => {
      // Six exporters are three nodes more; process counts as one, too.
      const settings = settingsOf(3, 1, { exporters: { redis: {}, process: {} } });
      expect(sizeTelegraf(settings).bufferLimit).toBe((3456 / 4) * 7);
      expect(sizePrometheus(settings.nodes, "10s").shards).toBe(8);
      expect(sizePrometheus(settingsOf(3, 1, {}).nodes, "10s").shards).toBe(2);
    });

    test.each([
      [{}, 3456 + 2 * 864],
      [{ scrape_interval: "30s" }, 3456 + 2 * 2 * 864],
    ])("of three nodes and a job of two targets (%j)", (more, limit) => {
      const scrape = [{ job_name: "nas", static_configs: [{ targets: ["a:1", "b:1"] }], ...more }];
      expect(sizeTelegraf(settingsOf(3, 1, { scrape })).bufferLimit).toBe(limit);
    });

    test("of several masters, each with a Prometheus", () => {
      expect(sizeTelegraf(settingsOf(20, 4, {})).bufferLimit).toBe(20_736);
    });
  });

  test.each([
    // 2,500 samples a second are 149 nodes and a master's Prometheus every minute.
    [149, "1m", { batchSize: 5000, memoryBufferLimit: 250_000, memory: 512, goLimit: 435 }],
    [150, "1m", { batchSize: 20_000, memoryBufferLimit: 1_000_000, memory: 2048, goLimit: 1740 }],
    [3, "1s", { batchSize: 20_000, memoryBufferLimit: 1_000_000, memory: 2048, goLimit: 1740 }],
  ])("of %i nodes every %s", (nodes, scrapeInterval, sizing) => {
    expect(sizeTelegraf(settingsOf(nodes, 1, { prometheus: { scrapeInterval } }))).toMatchObject(sizing);
  });
});

describe("InfluxDB", () => {
  test.each([
    // Each node and each master's Prometheus takes 3.2 MB.
    [fleet(3), { memory: 1024, goLimit: 870, query: 256, queries: 384 }],
    [fleet(319), { memory: 1024, goLimit: 870, query: 256, queries: 384 }],
    [fleet(320), { memory: 2048, goLimit: 1740, query: 512, queries: 768, cacheSnapshot: 128 }],
    [fleet(639, 2), { memory: 4096, goLimit: 3481, query: 1024, queries: 1536, cacheSnapshot: 256 }],
    [fleet(1000), { memory: 4096, goLimit: 3481, query: 1024, queries: 1536, cacheSnapshot: 256 }],
    [fleet(2000), { memory: 8192, goLimit: 6963, query: 2048, queries: 3072, cacheSnapshot: 512 }],
    [fleet(9000), { memory: 8192, goLimit: 6963, query: 2048, queries: 3072, cacheSnapshot: 512 }],
  ])("of fleet %#", (nodes, sizing) => {
    expect(sizeInfluxDb({ nodes })).toEqual(sizing);
  });

  test("of two masters that both ask two targets", () => {
    const scrape = [{ static_configs: [{ targets: ["a:1", "b:1"] }] }];
    expect(sizeInfluxDb({ nodes: fleet(314, 2), scrape }).memory).toBe(1024);
    expect(sizeInfluxDb({ nodes: fleet(315, 2), scrape }).memory).toBe(2048);
  });
});
