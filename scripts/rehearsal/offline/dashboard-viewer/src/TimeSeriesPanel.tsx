import { type DataFrame, DashboardCursorSync, EventBusSrv, FieldType } from "@grafana/data";
import { LegendDisplayMode, SortOrder, TooltipDisplayMode } from "@grafana/schema";
import { PanelContextProvider, TimeSeries, TooltipPlugin, ZoomPlugin } from "@grafana/ui";
import { useMemo } from "react";
import type { PanelProps } from "./panelProps";
import { Message } from "./Message";

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
  const context = useMemo(
    () => ({
      eventsScope: "panel",
      eventBus: new EventBusSrv(),
      sync: () => DashboardCursorSync.Off,
    }),
    [],
  );
  const series = useMemo(() => frames.filter(hasCourse), [frames]);
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
