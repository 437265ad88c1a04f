import { applyFieldOverrides, cacheFieldDisplayNames, type DataFrame } from "@grafana/data";
import { useTheme2 } from "@grafana/ui";
import { useMemo } from "react";
import { linkParameters } from "./address";
import type { Transformation } from "./dashboard";
import { completeFieldConfig } from "./fieldConfig";
import { interpolateWith } from "./interpolate";
import { Message } from "./Message";
import type { PanelProps } from "./panelProps";
import { StatPanel } from "./StatPanel";
import { TablePanel } from "./TablePanel";
import { TimeSeriesPanel } from "./TimeSeriesPanel";

interface Props extends Omit<PanelProps, "frames"> {
  readonly frames: DataFrame[] | undefined;
  readonly mistake: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
}

const types: Readonly<Record<string, (props: PanelProps) => JSX.Element>> = {
  stat: StatPanel,
  table: TablePanel,
  timeseries: TimeSeriesPanel,
};

/** What is inside a panel's frame. */
export function PanelContent({ frames, mistake, variables, ...props }: Props): JSX.Element {
  const { panel, timeZone } = props;
  const theme = useTheme2();
  const chosen = JSON.stringify(variables);
  const applied = useMemo(() => {
    const result = applyFieldOverrides({
      data: orderColumns(frames ?? [], panel.transformations),
      fieldConfig: completeFieldConfig(panel.type, panel.fieldConfig),
      replaceVariables: interpolateWith(variables, linkParameters(props.range)),
      theme,
      timeZone,
    });
    cacheFieldDisplayNames(result);
    return result;
  }, [frames, panel, theme, timeZone, chosen]);
  const Content = types[panel.type];
  if (Content === undefined) {
    return <Message text={`This stand-in for Grafana does not draw panels of the type ${panel.type}.`} />;
  }
  const unknown = panel.transformations?.find(({ id }) => id !== "organize");
  if (unknown !== undefined) {
    return <Message text={`This stand-in for Grafana does not know the transformation ${unknown.id}.`} />;
  }
  if (mistake !== undefined) {
    return <Message text={mistake} />;
  }
  return frames === undefined ? <></> : <Content {...props} frames={applied} />;
}

/** Puts columns in the order that the transformation `organize` names; those that it leaves out come last. */
function orderColumns(frames: DataFrame[], transformations: readonly Transformation[] = []): DataFrame[] {
  const places = Object.assign({}, ...transformations.map(({ options }) => options.indexByName)) as Record<
    string,
    number
  >;
  const place = (name: string): number => places[name] ?? Number.MAX_SAFE_INTEGER;
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.toSorted((a, b) => place(a.name) - place(b.name)),
  }));
}
