import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import {
  DashboardBuilder,
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  BigValueColorMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Settings } from "../settings/settings";
import { by, completeQuery } from "../flux/query";
import { dataSource, FluxQuery } from "../flux/fluxQuery";

/** Where a value turns orange and red. */
type Limits = Readonly<Partial<Record<"orange" | "red", number>>>;

/** Green, and from these values upwards another colour. */
export function above({ orange, red }: Limits): Threshold[] {
  return [
    { color: "green", value: null },
    ...(orange === undefined ? [] : [{ color: "orange", value: orange }]),
    ...(red === undefined ? [] : [{ color: "red", value: red }]),
  ];
}

/** Green, and below these values another colour. */
export function below({ orange, red }: Limits): Threshold[] {
  return [
    ...(red === undefined ? [] : [{ color: "red", value: null }]),
    ...(orange === undefined ? [] : [{ color: "orange", value: red ?? null }]),
    { color: "green", value: orange ?? red ?? null },
  ];
}

/** What every panel has. */
interface PanelArgs {
  readonly title: string;
  /** What is seen, and what to make of it. */
  readonly description: string;
  /** See `@grafana/grafana-foundation-sdk/units`. */
  readonly unit: string;
  readonly limits?: Threshold[];
  /** Flux, as `completeQuery` takes it. */
  readonly query: string;
  /** Columns of 24. */
  readonly width?: number;
  readonly decimals?: number;
}

/** A panel that waits for what all queries need to know. */
export type DashboardPanel = (settings: Settings) => TimeseriesBuilder | StatBuilder | TableBuilder;

/** Lines over time. */
export function lines(
  args: PanelArgs & {
    /** The tags that distinguish and name the lines; without any there is one line with the title's name. */
    readonly by: readonly string[];
    readonly min?: number;
    readonly max?: number;
    /** How far the axis goes where all values are lower: Grafana's own axis of zeros goes to 100. */
    readonly atLeastTo?: number;
  },
): DashboardPanel {
  return (settings) => {
    const panel = new TimeseriesBuilder()
      .title(args.title)
      .description(args.description)
      .unit(args.unit)
      .height(8)
      .span(args.width ?? 12)
      .datasource(dataSource)
      .interval(settings.prometheus.scrapeInterval)
      .maxDataPoints(200)
      .displayName(args.by.map((tag) => `\${__field.labels.${tag}}`).join(" ") || args.title)
      .fillOpacity(5)
      .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
      .legend(
        new VizLegendOptionsBuilder()
          .showLegend(true)
          .displayMode(LegendDisplayMode.List)
          .placement(LegendPlacement.Bottom)
          // On a phone nothing else says the value.
          .calcs(["lastNotNull"]),
      )
      .thresholds(thresholds(args.limits))
      // Grafana takes what the tables are grouped by for labels, and anything else besides time and value for fields.
      .withTarget(new FluxQuery(completeQuery(`${args.query}\n  ${by(...args.by)}`, settings)));
    if (args.limits !== undefined) {
      panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
    }
    if (args.min !== undefined) {
      panel.min(args.min);
    }
    if (args.max !== undefined) {
      panel.max(args.max);
    }
    if (args.atLeastTo !== undefined) {
      panel.axisSoftMax(args.atLeastTo);
    }
    if (args.decimals !== undefined) {
      panel.decimals(args.decimals);
    }
    return panel;
  };
}

/** One number, or one for each series; `legend` names them. */
export function numbers(
  args: PanelArgs & { readonly legend?: string; readonly height?: number },
): DashboardPanel {
  return (settings) => {
    const panel = new StatBuilder()
      .title(args.title)
      .description(args.description)
      .unit(args.unit)
      .height(args.height ?? 4)
      .span(args.width ?? 4)
      .datasource(dataSource)
      .interval(settings.prometheus.scrapeInterval)
      .colorMode(BigValueColorMode.Value)
      .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
      .thresholds(thresholds(args.limits))
      .withTarget(new FluxQuery(completeQuery(args.query, settings)));
    if (args.legend !== undefined) {
      panel.displayName(args.legend);
    }
    if (args.decimals !== undefined) {
      panel.decimals(args.decimals);
    }
    return panel;
  };
}

/** A column of a table. */
export interface Column {
  /** As the query calls it. */
  readonly name: string;
  readonly title: string;
  readonly unit?: string;
  readonly limits?: Threshold[];
  /** Says `yes` and `no`, or other words, in place of 1 and 0. */
  readonly words?: Readonly<Record<"0" | "1", string>>;
  readonly decimals?: number;
  /** Whether nodes with the highest, or the lowest, value come first; of several such columns the first counts most. */
  readonly first?: "highest" | "lowest";
}

/** A row for each node, which leads to its own dashboard. Six are seen at once, so those in trouble come first. */
export function nodeTable(
  args: Omit<PanelArgs, "unit" | "limits"> & { readonly columns: readonly Column[] },
): DashboardPanel {
  return (settings) => {
    const panel = new TableBuilder()
      .title(args.title)
      .description(args.description)
      .unit("short")
      .height(Math.min(settings.nodes.length, 6) + 2)
      .span(args.width ?? 24)
      .datasource(dataSource)
      .thresholds(thresholds())
      .sortBy([
        ...args.columns
          .filter(({ first }) => first !== undefined)
          .map(({ title, first }) => sortedBy(title, first === "highest")),
        // Grafana sorts kube-10 after kube-2.
        sortedBy("node", false),
      ])
      .withTarget(new FluxQuery(completeQuery(args.query, settings)))
      // Flux makes columns in the order in which it meets them, which changes.
      .withTransformation({
        id: "organize",
        options: {
          indexByName: Object.fromEntries(
            ["node_name", ...args.columns.map(({ name }) => name)].map((name, index) => [name, index]),
          ),
        },
      });
    const url = `/d/${uidOf("node")}?var-node=\${__data.fields.node_name}&\${__url_time_range}`;
    panel.overrideByName("node_name", [
      { id: "displayName", value: "node" },
      { id: "links", value: [{ title: "Show this node", url }] },
    ]);
    for (const { name, title, unit, limits, words, decimals } of args.columns) {
      panel.overrideByName(name, [
        { id: "displayName", value: title },
        { id: "unit", value: unit ?? "short" },
        { id: "thresholds", value: thresholds(limits).build() },
        { id: "custom.cellOptions", value: { type: "color-text" } },
        ...(decimals === undefined ? [] : [{ id: "decimals", value: decimals }]),
        ...(words === undefined
          ? []
          : [
              {
                id: "mappings",
                value: [{ type: "value", options: { 0: { text: words["0"] }, 1: { text: words["1"] } } }],
              },
            ]),
      ]);
    }
    return panel;
  };
}

function sortedBy(title: string, descending: boolean): TableSortByFieldStateBuilder {
  return new TableSortByFieldStateBuilder().displayName(title).desc(descending);
}

function thresholds(steps: Threshold[] = above({})): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/** The names of the dashboards; they are part of their URLs. */
export type DashboardName = "cluster" | "node" | "pi-health" | "pipeline";

export function uidOf(name: DashboardName): string {
  return `pi-monitoring-${name}`;
}

// Of the file formats that Grafana 12 reads unasked, this is the newest; its successor is behind a feature toggle.
// eslint-disable-next-line @typescript-eslint/no-deprecated
export class MonitoringDashboard extends DashboardBuilder {}

/**
 * Links to all dashboards. The builder's default for `placement` hides them in a menu:
 * https://github.com/grafana/grafana-foundation-sdk/issues/1202
 */
const linksToAll: cog.Builder<DashboardLink> = {
  build: () => {
    const link = new DashboardLinkBuilder("Dashboards")
      .type(DashboardLinkType.Dashboards)
      .tags(["pi-monitoring"])
      .keepTime(true)
      .build();
    delete link.placement;
    return link;
  },
};

/** What all dashboards share: a fixed UID, links to each other, the last hours, and no way to edit them. */
export function dashboard(
  name: DashboardName,
  title: string,
  panels: readonly DashboardPanel[],
  settings: Settings,
): MonitoringDashboard {
  const builder = new MonitoringDashboard(title)
    .uid(uidOf(name))
    .tags(["pi-monitoring"])
    .readonly()
    .refresh("1m")
    .time({ from: "now-3h", to: "now" })
    .timezone("browser")
    .link(linksToAll);
  // Links to a panel name its id; without one, Grafana gives it another whenever the order changes.
  panels.forEach((panel, index) => builder.withPanel(panel(settings).id(index + 1)));
  return builder;
}
