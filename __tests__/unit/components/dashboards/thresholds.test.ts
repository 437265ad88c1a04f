import fc from "fast-check";
import { dashboardNames, renderDashboard } from "../../../../components/dashboards/dashboards";
import { above, below, floors } from "../../../../components/dashboards/thresholds";
import { allPresets, exampleNode, exampleSettings } from "../../../support/exampleSettings";

interface Step {
  readonly color: string;
  readonly value: number | null;
}

interface Panel {
  readonly title: string;
  readonly fieldConfig: {
    readonly defaults: { readonly unit?: string; readonly thresholds: { readonly steps: readonly Step[] } };
  };
}

function rendered(changes: object): string[] {
  const settings = exampleSettings({ ...allPresets, ...changes });
  return dashboardNames(settings).map((name) => renderDashboard(name, settings, {}));
}

/** The steps of all thresholds, of panels and of columns. */
function stepsOf(dashboard: string): (readonly Step[])[] {
  const found: (readonly Step[])[] = [];
  JSON.parse(dashboard, (key, value: unknown) => {
    if (key === "steps") {
      found.push(value as readonly Step[]);
    }
    return value;
  });
  return found;
}

/** Settings that thresholds are made of, each with all values that the schema allows. */
const anySettings = fc.record({
  alerts: fc.record({
    silentMinutes: fc.integer({ min: 1, max: 1440 }),
    temperatureCelsius: fc.integer({ min: 40, max: 100 }),
    memoryPercent: fc.integer({ min: 50, max: 100 }),
    diskPercent: fc.integer({ min: 50, max: 100 }),
    diskTemperatureCelsius: fc.integer({ min: 30, max: 100 }),
    diskWearPercent: fc.integer({ min: 1, max: 100 }),
    loadPerCore: fc.integer({ min: 1, max: 100 }),
    probeSeconds: fc.integer({ min: 1, max: 10 }),
    clockSeconds: fc.integer({ min: 1, max: 3600 }),
    certificateDays: fc.integer({ min: 1, max: 60 }),
  }),
  rotateAfterDays: fc.integer({ min: 0, max: 3650 }),
  nodes: fc
    .integer({ min: 1, max: 3 })
    .map((count) =>
      Array.from({ length: count }, (_, index) => exampleNode(`kube-${index}`, { master: index === 0 })),
    ),
});

test("the steps of every threshold ascend, as Grafana takes them, with all settings", () => {
  fc.assert(
    fc.property(anySettings, (settings) => {
      for (const [first, ...others] of rendered(settings).flatMap(stepsOf)) {
        expect(first?.value).toBeNull();
        const values = others.map(({ value }) => value ?? Number.NaN);
        expect(values.filter((value, index) => index > 0 && !(value > (values[index - 1] ?? 0)))).toEqual([]);
        expect(values).not.toContain(Number.NaN);
      }
    }),
  );
});

test.each([
  [above({}), ["green"]],
  [above({ orange: 1, red: 2 }), ["green", "orange from 1", "red from 2"]],
  [above({ orange: 1 }), ["green", "orange from 1"]],
  [above({ red: 2 }), ["green", "red from 2"]],
  [above({ orange: 2, red: 2 }), ["green", "red from 2"]],
  [below({ red: 1, orange: 2 }), ["red", "orange from 1", "green from 2"]],
  [below({ red: 1 }), ["red", "green from 1"]],
  [below({ red: 2, orange: 1 }), ["red", "green from 2"]],
  [floors({ red: 1, orange: 2 }), ["green", "red from 1", "orange from 2"]],
  [floors({ red: 1 }), ["green", "red from 1"]],
])("the steps %j are %j", (steps, expected) => {
  expect(steps.map(({ color, value }) => (value === null ? color : `${color} from ${value}`))).toEqual(
    expected,
  );
});

test("a temperature is red in every panel where the alert fires", () => {
  const alerts = { temperatureCelsius: 90, diskTemperatureCelsius: 60 };
  const limits: Readonly<Record<string, number>> = {
    "Temperature of disks": alerts.diskTemperatureCelsius,
    // No alert is about it: that of the disks is about what they report by SMART.
    "Temperature of NVMe disks": 80,
  };
  const panels = rendered({ alerts }).flatMap(
    (dashboard) => (JSON.parse(dashboard) as { panels: Panel[] }).panels,
  );
  const temperatures = panels.filter(({ fieldConfig }) => fieldConfig.defaults.unit === "celsius");
  expect(temperatures.length).toBeGreaterThan(4);
  for (const { title, fieldConfig } of temperatures) {
    const red = fieldConfig.defaults.thresholds.steps.find(({ color }) => color === "red");
    expect({ title, red: red?.value }).toEqual({ title, red: limits[title] ?? alerts.temperatureCelsius });
  }
});
