import fc from "fast-check";
import { sizePrometheus } from "../../components/node/prometheusSizing";

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
])("%i nodes every %s", (nodes, scrapeInterval, sizing) => {
  expect(sizePrometheus(nodes, scrapeInterval)).toEqual({
    samplesPerSend: 2000,
    capacity: 10_000,
    ...sizing,
  });
});

test("a fleet that grows node by node changes little, seldom, and in one direction", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.constantFrom("s", "m"), (length, unit) => {
      const sizings = Array.from({ length: 300 }, (_, nodes) =>
        sizePrometheus(nodes + 1, `${length}${unit}`),
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
