import { TableCellHeight } from "@grafana/schema";
import { TableNG } from "@grafana/ui/unstable";
import type { PanelProps } from "./panelProps";
import { Message } from "./Message";

export function TablePanel({ panel, frames, width, height, range }: PanelProps): JSX.Element {
  const frame = frames[panel.options.frameIndex ?? 0];
  if (frame === undefined || frame.length === 0) {
    return <Message text="No data" />;
  }
  return (
    <TableNG
      // It keeps the widths of columns, which other columns do not have.
      key={frame.fields.map(({ name }) => name).join()}
      data={frame}
      width={width}
      height={height}
      timeRange={range}
      initialSortBy={panel.options.sortBy}
      noHeader={panel.options.showHeader === false}
      cellHeight={TableCellHeight.Sm}
      fieldConfig={panel.fieldConfig}
    />
  );
}
