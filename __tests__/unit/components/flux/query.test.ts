import { rules } from "../../../../components/alerts/rules";
import { dashboardNames, renderDashboard } from "../../../../components/dashboards/dashboards";
import { combined, samples } from "../../../../components/flux/query";
import { allPresets, exampleSettings } from "../../../support/exampleSettings";
import { renderQuery } from "../../../../scripts/doctor/server/samples";

test("samples are of metrics with the same labels, as no sample has all of different ones", () => {
  expect(samples({ of: ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"] })).toContain(
    "r.mountpoint",
  );
  expect(() => samples({ of: ["node_filesystem_readonly", "rpi_root_readonly"] })).toThrow(
    "node_filesystem_readonly, rpi_root_readonly",
  );
});

test("a sum leaves out the last windows, of which only a part may have arrived; other values do not", () => {
  const lastWindows = "r._time < date.sub(from: v.timeRangeStop, d: 15s)";
  expect(combined("sum", "node_name")).toContain(lastWindows);
  expect(combined("mean", "node_name")).not.toContain(lastWindows);
});

test("each query of a dashboard, a rule and the doctor leaves out the samples of the user's jobs", () => {
  const settings = exampleSettings(allPresets);
  const texts = [
    ...dashboardNames(settings).flatMap((name) => {
      const { panels, templating } = JSON.parse(renderDashboard(name, settings, {})) as {
        panels: { targets: { query: string }[] }[];
        templating?: { list: { query: string }[] };
      };
      return [...panels.flatMap(({ targets }) => targets), ...(templating?.list ?? [])].map(
        ({ query }) => query,
      );
    }),
    ...rules(settings, {}).map(({ query }) => query),
    renderQuery(settings, "prometheus").toString(),
  ];
  const selections = texts
    .flatMap((text) => text.split("from(bucket:"))
    .filter((each) => each.includes("prometheus_remote_write"));
  expect(selections.length).toBeGreaterThan(50);
  expect(selections.filter((each) => !each.includes("exists r.node_name"))).toEqual([]);
});
