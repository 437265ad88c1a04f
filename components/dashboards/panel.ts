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
import * as common from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Settings } from "../settings/settings";
import { by } from "../flux/query";
import { dataSource, fluxQuery } from "../flux/fluxQuery";
import { above } from "./thresholds";

/** The unit of values without one. */
const plainNumber = "short";

/** What every panel has. */
interface PanelArgs {
  readonly title: string;
  /** What is seen, and what to make of it. */
  readonly description: string;
  /** See `@grafana/grafana-foundation-sdk/units`; unset for plain numbers. */
  readonly unit?: string;
  readonly limits?: Threshold[];
  /** Flux, as `completeQuery` takes it. */
  readonly query: string;
  readonly decimals?: number;
}

/** A panel that waits for what all queries need to know. */
export type DashboardPanel = (settings: Settings) => TimeseriesBuilder | StatBuilder | TableBuilder;

export function lines(
  args: PanelArgs & {
    /** The tags that distinguish and name the lines; without any there is one line with the title's name. */
    readonly by?: readonly string[];
    /** Whether the axis leaves out 0, as values are far above it. */
    readonly hidesZero?: true;
    /** Unless set, the axis of percentages goes to 100. */
    readonly max?: number;
    /** How far the axis goes where all values are lower: Grafana's own axis of zeros goes to 100. */
    readonly atLeastTo?: number;
    /** Between two samples, such as `60s`; that of scrapes, unless set. */
    readonly interval?: string;
  },
): DashboardPanel {
  const { by: tags = [], max = args.unit === "percent" ? 100 : undefined } = args;
  return (settings) => {
    const panel = new TimeseriesBuilder()
      .title(args.title)
      .description(args.description)
      .unit(args.unit ?? plainNumber)
      .height(8)
      .span(12)
      .datasource(dataSource)
      .interval(args.interval ?? settings.prometheus.scrapeInterval)
      .maxDataPoints(200)
      .displayName(tags.map((tag) => `\${__field.labels.${tag}}`).join(" ") || args.title)
      .fillOpacity(5)
      .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi))
      .legend(
        new common.VizLegendOptionsBuilder()
          .showLegend(true)
          .displayMode(common.LegendDisplayMode.List)
          .placement(common.LegendPlacement.Bottom)
          // On a phone nothing else says the value.
          .calcs(["lastNotNull"]),
      )
      .thresholds(thresholds(args.limits))
      // Grafana takes what the tables are grouped by for labels, and anything else besides time and value for fields.
      // Several series of a node, with other labels of its own, are one line.
      .withTarget(fluxQuery(`${args.query}\n  ${by(...tags)} |> sort(columns: ["_time"])`, settings));
    if (args.limits !== undefined) {
      panel.thresholdsStyle(
        new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
      );
    }
    if (args.hidesZero !== true) {
      panel.min(0);
    }
    if (max !== undefined) {
      panel.max(max);
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

/** One number, on 4 of the 24 columns unless set; with a `legend`, one for each series, which it names. */
export function numbers(
  args: PanelArgs & { readonly legend?: string; readonly columns?: number },
): DashboardPanel {
  const [height, columns] = args.legend === undefined ? [4, args.columns ?? 4] : [8, 12];
  return (settings) => {
    const panel = new StatBuilder()
      .title(args.title)
      .description(args.description)
      .unit(args.unit ?? plainNumber)
      .height(height)
      .span(columns)
      .datasource(dataSource)
      .interval(settings.prometheus.scrapeInterval)
      .colorMode(common.BigValueColorMode.Value)
      .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
      .thresholds(thresholds(args.limits))
      .withTarget(fluxQuery(args.query, settings));
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
  /** Set for 1 and 0, which are shown as `yes` and `no`. */
  readonly isYesOrNo?: true;
  readonly decimals?: number;
  /** Whether rows with the highest, or the lowest, value come first; of several such columns the first counts most. */
  readonly first?: "highest" | "lowest";
  /** In pixels; 150, unless set. */
  readonly minWidth?: number;
}

const yesOrNo = { type: "value", options: { 0: { text: "no" }, 1: { text: "yes" } } };

type TableArgs = Omit<PanelArgs, "unit" | "limits" | "decimals"> & { readonly columns: readonly Column[] };

/**
 * Rows of nodes, each of which leads to the node's own dashboard. Six are seen at once, so those in trouble come first.
 *
 * @param args.rows how many are seen, if there may be more than one of a node
 */
export function nodeTable(args: TableArgs & { readonly rows?: number }): DashboardPanel {
  return (settings) => {
    const panel = table(
      args,
      {
        names: ["node_name", ...args.columns.map(({ name }) => name)],
        rows: args.rows ?? Math.min(settings.nodes.length, 6),
        // Grafana sorts kube-10 after kube-2.
        sortBy: [...sortedByColumns(args.columns), sortedBy("node", false)],
      },
      settings,
    );
    const url = `/d/${uidOf("node")}?var-node=\${__data.fields.node_name}&\${__url_time_range}`;
    panel.overrideByName("node_name", [
      { id: "displayName", value: "node" },
      { id: "links", value: [{ title: "Show this node", url }] },
    ]);
    return withColumns(panel, args.columns);
  };
}

/** Rows of anything but nodes. */
export function rowTable(args: TableArgs & { readonly rows: number }): DashboardPanel {
  const names = args.columns.map(({ name }) => name);
  return (settings) =>
    withColumns(
      table(args, { names, rows: args.rows, sortBy: sortedByColumns(args.columns) }, settings),
      args.columns,
    );
}

function table(
  args: TableArgs,
  layout: {
    /** The columns in their order, as the query calls them. */
    readonly names: readonly string[];
    readonly rows: number;
    readonly sortBy: common.TableSortByFieldStateBuilder[];
  },
  settings: Settings,
): TableBuilder {
  const indexByName = Object.fromEntries(layout.names.map((name, index) => [name, index]));
  return (
    new TableBuilder()
      .title(args.title)
      .description(args.description)
      .unit(plainNumber)
      .height(layout.rows + 2)
      .span(24)
      .datasource(dataSource)
      .thresholds(thresholds())
      .sortBy(layout.sortBy)
      .withTarget(fluxQuery(args.query, settings))
      // Flux makes columns in the order in which it meets them, which changes.
      .withTransformation({ id: "organize", options: { indexByName } })
  );
}

function withColumns(panel: TableBuilder, columns: readonly Column[]): TableBuilder {
  for (const { name, title, unit = plainNumber, limits, isYesOrNo, decimals, minWidth } of columns) {
    panel.overrideByName(name, [
      { id: "displayName", value: title },
      { id: "unit", value: unit },
      { id: "thresholds", value: thresholds(limits).build() },
      { id: "custom.cellOptions", value: { type: "color-text" } },
      ...(decimals === undefined ? [] : [{ id: "decimals", value: decimals }]),
      ...(minWidth === undefined ? [] : [{ id: "custom.minWidth", value: minWidth }]),
      ...(isYesOrNo === true ? [{ id: "mappings", value: [yesOrNo] }] : []),
    ]);
  }
  return panel;
}

function sortedByColumns(columns: readonly Column[]): common.TableSortByFieldStateBuilder[] {
  return columns
    .filter(({ first }) => first !== undefined)
    .map(({ title, first }) => sortedBy(title, first === "highest"));
}

function sortedBy(title: string, descending: boolean): common.TableSortByFieldStateBuilder {
  return new common.TableSortByFieldStateBuilder().displayName(title).desc(descending);
}

function thresholds(steps: Threshold[] = above({})): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/** The names of the dashboards; they are part of their URLs. */
export type DashboardName = "cluster" | "node" | "pi-health" | "pipeline" | "internet" | "disks" | "pi5";

function uidOf(name: DashboardName): string {
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
  let [x, y, rowHeight] = [0, 0, 0];
  panels.forEach((panel, index) => {
    // Links to a panel name its id; without one, Grafana gives it another whenever the order changes.
    const placed = panel(settings).id(index + 1);
    const { w = 0, h = 0 } = placed.build().gridPos ?? {};
    // The builder begins a new row only after a full one.
    if (x + w > gridColumns) {
      [x, y, rowHeight] = [0, y + rowHeight, 0];
    }
    builder.withPanel(placed.gridPos({ x, y, w, h }));
    [x, rowHeight] = [x + w, Math.max(rowHeight, h)];
  });
  return builder;
}

/** Of a row of panels. */
const gridColumns = 24;
