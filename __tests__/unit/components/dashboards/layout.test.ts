import { dashboardNames, renderDashboard } from "../../../../components/dashboards/dashboards";
import { allPresets, exampleSettings } from "../../../support/exampleSettings";

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Some targets of `internet` need no panel that others need, so rows differ. */
const targets = [
  ["1.1.1.1"],
  ["example.com"],
  ["dns://9.9.9.9/example.com"],
  ["http://192.168.1.1"],
  ["https://example.com", "1.1.1.1"],
];
const cases = [exampleSettings(allPresets)]
  .concat(targets.map((each) => exampleSettings({ presets: { internet: { targets: each } } })))
  .flatMap((settings, index) => dashboardNames(settings).map((name) => ({ name, settings, index })));

// Grafana moves a panel that is beyond the edge or over another one, and what follows with it.
test.each(cases)("panels of $name ($index) stand beside and below each other", ({ name, settings }) => {
  const { panels } = JSON.parse(renderDashboard(name, settings, {})) as { panels: { gridPos: Place }[] };
  const places = panels.map(({ gridPos }) => gridPos);
  for (const [index, { x, y, w, h }] of places.entries()) {
    expect(x + w).toBeLessThanOrEqual(24);
    const over = places
      .slice(0, index)
      .filter(
        (other) => x < other.x + other.w && other.x < x + w && y < other.y + other.h && other.y < y + h,
      );
    expect(over).toEqual([]);
    // A row begins where the one before ends.
    expect(y === 0 || places.some((other) => other.y + other.h === y)).toBe(true);
  }
});
