import type { FieldConfigSource, ReduceDataOptions, VizOrientation } from "@grafana/data";
import type { TableSortByFieldState, VizLegendOptions, VizTooltipOptions } from "@grafana/schema";
import type {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
} from "@grafana/ui";

/** What the viewer draws of a dashboard's file; the stand-in's dashboards.ts has what the server reads. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly timezone?: string;
  readonly refresh?: string;
  readonly time?: { readonly from: string; readonly to: string };
  readonly links?: readonly DashboardLink[];
  readonly templating?: { readonly list?: readonly Variable[] };
  readonly panels?: readonly Panel[];
}

/** Links to all dashboards that have one of these tags. */
export interface DashboardLink {
  readonly tags: readonly string[];
  readonly keepTime?: boolean;
}

/** A variable whose values a query finds. */
export interface Variable {
  readonly name: string;
  readonly label?: string;
  readonly description?: string;
}

export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  /** The shortest time between two values. */
  readonly interval?: string;
  readonly maxDataPoints?: number;
  readonly fieldConfig: FieldConfigSource;
  readonly transformations?: readonly Transformation[];
  readonly options: PanelOptions;
}

/** What is done with the data before it is drawn: `organize`, the only one that the viewer knows, orders columns. */
export interface Transformation {
  readonly id: string;
  readonly options: { readonly indexByName?: Readonly<Record<string, number>> };
}

/** Options of all types of panels; each type has some of them. */
export interface PanelOptions {
  readonly legend?: VizLegendOptions;
  readonly tooltip?: VizTooltipOptions;
  readonly reduceOptions?: ReduceDataOptions;
  readonly orientation?: VizOrientation;
  readonly graphMode?: BigValueGraphMode;
  readonly colorMode?: BigValueColorMode;
  readonly justifyMode?: BigValueJustifyMode;
  readonly textMode?: BigValueTextMode;
  readonly wideLayout?: boolean;
  readonly showHeader?: boolean;
  readonly sortBy?: TableSortByFieldState[];
  readonly frameIndex?: number;
}

/** One dashboard in the answer of /api/search. */
export interface DashboardEntry {
  readonly title: string;
  readonly url: string;
  readonly tags: readonly string[];
}
