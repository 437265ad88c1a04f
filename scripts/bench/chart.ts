import "./packages";
import * as echarts from "echarts";
import type { Result } from "./result";

const rowHeight = 58;
const theme = { ours: "#c51d4a", other: "#8a8f98", text: "#333" };

/** Everything that was compared with something, as bars of seconds; an SVG file for the documents. */
export function renderChart(results: readonly Result[]): string {
  const rows = results.flatMap(({ title, ours, other }) =>
    ours === undefined || other === undefined ? [] : [{ title, ours, other }],
  );
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: 950,
    height: 90 + rowHeight * rows.length,
  });
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    grid: { left: 350, right: 190, top: 50, bottom: 45 },
    legend: { top: 10, itemGap: 30, data: ["pi-monitoring", "compared with"] },
    // Seconds and minutes in one picture.
    xAxis: { type: "log", name: "seconds", nameLocation: "middle", nameGap: 22, min: 1 },
    yAxis: {
      type: "category",
      inverse: true,
      data: rows.map(({ title }) => title),
      axisLabel: { width: 330, overflow: "break" },
    },
    series: [
      {
        name: "pi-monitoring",
        type: "bar",
        itemStyle: { color: theme.ours },
        data: rows.map(({ ours }) => ours.median),
        label: {
          show: true,
          position: "right",
          color: theme.text,
          formatter: ({ value }: { value: number }) => `${value.toFixed(1)} s`,
        },
      },
      {
        name: "compared with",
        type: "bar",
        itemStyle: { color: theme.other },
        data: rows.map(({ other }) => other.seconds.median),
        label: {
          show: true,
          position: "right",
          color: theme.text,
          formatter: ({ value, dataIndex }: { value: number; dataIndex: number }) =>
            `${value.toFixed(1)} s, ${rows[dataIndex]?.other.name ?? ""}`,
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
