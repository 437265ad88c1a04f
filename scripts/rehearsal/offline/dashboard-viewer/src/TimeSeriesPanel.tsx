import {
  type DataFrame,
  DashboardCursorSync,
  EventBusSrv,
  FieldType,
  getFieldDisplayName,
} from "@grafana/data";
import { LegendDisplayMode, SortOrder, TooltipDisplayMode } from "@grafana/schema";
import {
  PanelContextProvider,
  SeriesVisibilityChangeMode,
  TimeSeries,
  TooltipPlugin,
  ZoomPlugin,
} from "@grafana/ui";
import { useMemo, useState } from "react";
import { Message, type PanelProps } from "./PanelContent";

/** Lines over time, with a legend if the panel has one, a tooltip, and zoom by drawing a range. */
export function TimeSeriesPanel({
  panel,
  frames,
  width,
  height,
  range,
  timeZone,
  onZoom,
}: PanelProps): JSX.Element {
  const { legend, tooltip } = panel.options;
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const context = useMemo(
    () => ({
      eventsScope: "panel",
      eventBus: new EventBusSrv(),
      sync: () => DashboardCursorSync.Off,
      onToggleSeriesVisibility: (name: string, mode: SeriesVisibilityChangeMode) => {
        setChosen((before) => toggled(before, name, mode));
      },
    }),
    [],
  );
  const series = useMemo(() => onlyOf(chosen, frames.filter(hasCourse)), [chosen, frames]);
  if (series.length === 0) {
    return <Message text="No data" />;
  }
  return (
    <PanelContextProvider value={context}>
      <TimeSeries
        frames={series}
        width={width}
        height={height}
        timeRange={range}
        timeZone={timeZone}
        legend={
          legend ?? { calcs: [], displayMode: LegendDisplayMode.List, placement: "bottom", showLegend: true }
        }
      >
        {(config, alignedFrame) => (
          <>
            <ZoomPlugin config={config} onZoom={onZoom} />
            <TooltipPlugin
              config={config}
              data={alignedFrame}
              frames={series}
              timeZone={timeZone}
              mode={tooltip?.mode ?? TooltipDisplayMode.Single}
              sortOrder={tooltip?.sort ?? SortOrder.None}
            />
          </>
        )}
      </TimeSeries>
    </PanelContextProvider>
  );
}

function hasCourse({ fields }: DataFrame): boolean {
  const has = (type: FieldType): boolean => fields.some((field) => field.type === type);
  return has(FieldType.time) && has(FieldType.number);
}

/** The series that a click in the legend leaves; none stands for all. */
function toggled(
  before: readonly string[],
  name: string,
  mode: SeriesVisibilityChangeMode,
): readonly string[] {
  if (mode === SeriesVisibilityChangeMode.AppendToSelection) {
    return before.includes(name) ? before.filter((each) => each !== name) : [...before, name];
  }
  return before.length === 1 && before[0] === name ? [] : [name];
}

/** Hides all other series, which stay in the legend. */
function onlyOf(chosen: readonly string[], frames: DataFrame[]): DataFrame[] {
  if (chosen.length === 0) {
    return frames;
  }
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const viz =
        field.type === FieldType.number && !chosen.includes(getFieldDisplayName(field, frame, frames));
      const custom = field.config.custom as object | undefined;
      return {
        ...field,
        config: { ...field.config, custom: { ...custom, hideFrom: { legend: false, tooltip: viz, viz } } },
      };
    }),
  }));
}
