import {
  type DataFrame,
  type Field,
  getFieldDisplayName,
  getFieldDisplayValuesProxy,
  type InterpolateFunction,
} from "@grafana/data";

/** What Grafana passes for a text: its field, and for a link of a table its row. */
interface DataContext {
  readonly frame: DataFrame;
  readonly field: Field;
  readonly rowIndex?: number;
}

/**
 * Replaces Grafana's variables in display names and links: those of the dashboard, such as `${node}`, of the field
 * (`${__field.labels.x}`) and of the row (`${__data.fields.x}`).
 *
 * @param variables the dashboard's, by their names
 * @param timeRange the parameters of a link that keep the time range, such as `from=now-3h&to=now`
 */
export function interpolateWith(
  variables: Readonly<Record<string, string>>,
  timeRange: string,
): InterpolateFunction {
  return (text, scopedVars, format) => {
    const context = scopedVars?.["__dataContext"]?.value as DataContext | undefined;
    return text.replace(/\$\{([^}]+)\}/g, (whole, path: string) => {
      if (path === "__url_time_range") {
        return timeRange;
      }
      const value = variables[path] ?? (context === undefined ? undefined : valueInContext(path, context));
      if (value === undefined) {
        return whole;
      }
      return format === "uriencode" ? encodeURIComponent(value) : value;
    });
  };
}

function valueInContext(path: string, { frame, field, rowIndex }: DataContext): string | undefined {
  const label = /^__field\.labels\.(.+)$/.exec(path)?.[1];
  if (label !== undefined) {
    return field.labels?.[label] ?? "";
  }
  if (path === "__field.name") {
    return getFieldDisplayName(field, frame);
  }
  const name = /^__data\.fields\.(.+)$/.exec(path)?.[1];
  if (name !== undefined && rowIndex !== undefined) {
    const values = getFieldDisplayValuesProxy({ frame, rowIndex }) as Record<
      string,
      { toString(): string } | undefined
    >;
    return String(values[name] ?? "");
  }
  return undefined;
}
