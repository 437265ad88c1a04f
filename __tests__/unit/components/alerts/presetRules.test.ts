import { presetRules } from "../../../../components/alerts/presetRules";
import { dashboardNames, metricsOverTime } from "../../../../components/dashboards/dashboards";
import { allPresets, exampleSettings } from "../../../support/exampleSettings";

const uidsOf = (changes: object): string[] => presetRules(exampleSettings(changes)).map(({ uid }) => uid);

const internet = [
  "internet-down",
  "internet-target",
  "internet-dns",
  "internet-slow",
  "internet-certificate",
  "internet-unknown",
];
const disks = ["disk-failing", "disk-sectors", "disk-worn", "disk-spare", "disk-hot"];
const pi5 = ["input-voltage-low", "fan-stopped", "clock-battery-low"];

test.each([
  [{}, []],
  [{ presets: { internet: false, disks: false, pi5: false } }, []],
  [{ presets: { internet: { targets: ["1.1.1.1"] } } }, internet],
  [{ presets: { disks: true } }, disks],
  [{ presets: { pi5: true } }, pi5],
  [allPresets, [...internet, ...disks, ...pi5]],
])("the settings %j have the rules %j", (changes, expected) => {
  expect(uidsOf(changes)).toEqual(expected);
});

test("the limits are those of the settings", () => {
  const alerts = {
    diskTemperatureCelsius: 50,
    diskWearPercent: 80,
    temperatureCelsius: 70,
    silentMinutes: 10,
    probeSeconds: 4,
    certificateDays: 20,
  };
  const limits = presetRules(exampleSettings({ ...allPresets, alerts })).map(({ uid, fires }) => [
    uid,
    fires,
  ]);
  expect(Object.fromEntries(limits)).toMatchObject({
    "disk-hot": { above: 50 },
    "disk-worn": { above: 80 },
    // At a temperature at which the fan turns for long.
    "fan-stopped": { above: 60 },
    // Minutes without an answer, of which the tenth is the first that counts.
    "internet-down": { above: 9.5 },
    "internet-slow": { above: 4 },
    "internet-certificate": { below: 20 },
  });
});

test("messages about a disk name its node, its name and its model", () => {
  const summaries = presetRules(exampleSettings({ presets: { disks: true } })).map(({ summary }) => summary);
  for (const label of ["node_name", "disk", "model"]) {
    expect(summaries.filter((summary) => !summary.includes(`.Labels.${label}`))).toEqual([]);
  }
});

test("every label that a message uses is one by which the rule distinguishes its alerts", () => {
  for (const { uid, summary, description, by = ["node_name"] } of presetRules(exampleSettings(allPresets))) {
    const used = [...`${summary} ${description}`.matchAll(/\.Labels\.(\w+)/g)].map(([, label = ""]) => label);
    expect({ uid, unknown: used.filter((label) => !by.includes(label)) }).toEqual({ uid, unknown: [] });
  }
});

test("a preset brings its dashboard, and the means of what it shows over time", () => {
  const [off, on] = [exampleSettings(), exampleSettings(allPresets)];
  const more = dashboardNames(on).filter((name) => !dashboardNames(off).includes(name));
  expect(more).toEqual(["internet", "disks", "pi5"]);
  const metrics = metricsOverTime(on).filter((metric) => !metricsOverTime(off).includes(metric));
  expect(metrics).toEqual(
    expect.arrayContaining([
      "rpi_disk_wear_percent",
      "rpi_rail_watts",
      "node_hwmon_fan_rpm",
      "probe_success",
    ]),
  );
  expect(metricsOverTime(off).filter((metric) => /rpi_(disk|rail)|hwmon|probe/.test(metric))).toEqual([]);
});

test.each([
  ["15s", 60, 300],
  ["10m", 600, 1230],
])(
  "with a scrape every %s, an outage is counted by %d s, and a target's last probe is at most %d s old",
  (scrapeInterval, every, lookBack) => {
    const all = presetRules(exampleSettings({ presets: { internet: true }, prometheus: { scrapeInterval } }));
    const ruleOf = (uid: string) => all.find((rule) => rule.uid === uid);
    expect(ruleOf("internet-down")?.query).toContain(`every: ${every}s`);
    expect(ruleOf("internet-down")?.query).toContain(`then ${(every / 60).toFixed(4)} else 0.0`);
    expect(ruleOf("internet-target")?.lookBack).toBe(lookBack);
  },
);
