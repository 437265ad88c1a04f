import {
  type FieldDisplay,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  VizOrientation,
} from "@grafana/data";
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  useTheme2,
  VizRepeater,
} from "@grafana/ui";
import type { PanelProps } from "./panelProps";
import { completeFieldConfig } from "./fieldConfig";

/** A number for each field, with its course in the background where it has one. */
export function StatPanel({ panel, frames, width, height, timeZone, range }: PanelProps): JSX.Element {
  const theme = useTheme2();
  const { options } = panel;
  const graphMode = options.graphMode ?? BigValueGraphMode.Area;
  const getValues = (): FieldDisplay[] =>
    getFieldDisplayValues({
      fieldConfig: completeFieldConfig(panel.type, panel.fieldConfig),
      reduceOptions: options.reduceOptions ?? { calcs: ["lastNotNull"] },
      replaceVariables: (text) => text,
      theme,
      data: frames,
      sparkline: graphMode !== BigValueGraphMode.None,
      timeZone,
    });
  return (
    <VizRepeater
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, alignmentFactors, count, ...size }) => (
        <BigValue
          {...size}
          theme={theme}
          value={value.display}
          count={count}
          alignmentFactors={alignmentFactors}
          {...(value.sparkline === undefined ? {} : { sparkline: { ...value.sparkline, timeRange: range } })}
          graphMode={graphMode}
          colorMode={options.colorMode ?? BigValueColorMode.Value}
          justifyMode={options.justifyMode ?? BigValueJustifyMode.Auto}
          textMode={options.textMode ?? BigValueTextMode.Auto}
          disableWideLayout={options.wideLayout === false}
        />
      )}
      width={width}
      height={height}
      source={frames}
      renderCounter={0}
      autoGrid
      orientation={options.orientation ?? VizOrientation.Auto}
    />
  );
}
