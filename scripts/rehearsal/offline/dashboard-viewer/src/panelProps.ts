import type { DataFrame, TimeRange, TimeZone } from "@grafana/data";
import type { Panel } from "./dashboard";

/** Properties of the component that draws a panel. */
export interface PanelProps {
  readonly panel: Panel;
  /** With the panel's field configuration applied. */
  readonly frames: DataFrame[];
  /** In pixels, as the height. */
  readonly width: number;
  readonly height: number;
  readonly range: TimeRange;
  readonly timeZone: TimeZone;
  readonly onZoom: (range: { from: number; to: number }) => void;
}
