import { dateTime, type TimeRange } from "@grafana/data";
import { Combobox, InlineLabel, LinkButton, RefreshPicker, TimeRangePicker } from "@grafana/ui";
import { useEffect, useMemo, useState } from "react";
import { linkParameters, parametersOf, timeRangeOf, useParameters } from "./address";
import { messageOf, runQuery } from "./backend";
import type { Dashboard, DashboardEntry, DashboardLink, Variable } from "./dashboard";
import { PanelFrame } from "./PanelFrame";

interface Props {
  readonly dashboard: Dashboard;
  readonly dashboards: readonly DashboardEntry[];
}

export function DashboardPage({ dashboard, dashboards }: Props): JSX.Element {
  const [parameters, change] = useParameters();
  const from = parameters.get("from") ?? dashboard.time?.from ?? "now-6h";
  const to = parameters.get("to") ?? dashboard.time?.to ?? "now";
  const timeZone = parameters.get("timezone") ?? dashboard.timezone ?? "browser";
  const refresh = parameters.get("refresh") ?? dashboard.refresh ?? "";
  const [revision, setRevision] = useState(0);
  // A relative range moves on with each refresh.
  const range = useMemo(() => timeRangeOf(from, to), [from, to, revision]);
  const update = (): void => {
    setRevision((count) => count + 1);
  };
  useInterval(update, refresh);
  const [variables, mistake] = useVariables(dashboard, range, parameters);
  const setRange = ({ raw }: Pick<TimeRange, "raw">): void => {
    change(parametersOf(raw));
  };
  useEffect(() => {
    document.title = `${dashboard.title} - Dashboards`;
  }, [dashboard]);

  return (
    <>
      <div className="notice">
        This is not Grafana but a stand-in for it: Grafana&apos;s own components draw the provisioned
        dashboards. Nothing can be edited here.
      </div>
      <div className="bar">
        <h1>{dashboard.title}</h1>
        {(dashboard.links ?? []).map((link, index) => (
          <DashboardLinks key={index} link={link} dashboards={dashboards} range={range} />
        ))}
      </div>
      <div className="bar">
        {variables?.map(({ variable, value, values }) => (
          <div className="variable" key={variable.name}>
            <InlineLabel width="auto" tooltip={variable.description}>
              {variable.label ?? variable.name}
            </InlineLabel>
            <Combobox
              aria-label={variable.label ?? variable.name}
              width="auto"
              minWidth={20}
              options={values.map((each) => ({ value: each }))}
              value={value}
              onChange={(option) => {
                change({ [`var-${variable.name}`]: option.value });
              }}
            />
          </div>
        ))}
        {mistake !== undefined && <span role="alert">{mistake}</span>}
        <div className="right">
          <TimeRangePicker
            value={range}
            timeZone={timeZone}
            onChange={setRange}
            onChangeTimeZone={(timezone) => {
              change({ timezone: timezone === "" ? null : timezone });
            }}
            onMoveBackward={() => {
              setRange(shifted(range, -0.5, -0.5));
            }}
            onMoveForward={() => {
              setRange(shifted(range, 0.5, 0.5));
            }}
            onZoom={() => {
              setRange(shifted(range, -0.5, 0.5));
            }}
          />
          <RefreshPicker
            value={refresh}
            onRefresh={update}
            onIntervalChanged={(interval) => {
              change({ refresh: interval });
            }}
          />
        </div>
      </div>
      {variables !== undefined && (
        <div className="panels">
          {(dashboard.panels ?? [])
            .map((panel, index) => ({ panel, index }))
            .sort((a, b) => a.panel.gridPos.y - b.panel.gridPos.y || a.panel.gridPos.x - b.panel.gridPos.x)
            .map(({ panel, index }) => (
              <PanelFrame
                key={index}
                panel={panel}
                index={index}
                dashboard={dashboard.uid}
                timeZone={timeZone}
                range={range}
                variables={Object.fromEntries(variables.map(({ variable, value }) => [variable.name, value]))}
                onZoom={(zoom) => {
                  change({ from: String(Math.round(zoom.from)), to: String(Math.round(zoom.to)) });
                }}
              />
            ))}
        </div>
      )}
    </>
  );
}

interface LinksProps {
  readonly link: DashboardLink;
  readonly dashboards: readonly DashboardEntry[];
  readonly range: TimeRange;
}

/** The dashboards with one of the link's tags. */
function DashboardLinks({ link, dashboards, range }: LinksProps): JSX.Element {
  const targets = dashboards.filter(({ tags }) => link.tags.some((tag) => tags.includes(tag)));
  const parameters = link.keepTime === true ? `?${linkParameters(range)}` : "";
  return (
    <>
      {targets.map(({ title, url }) => (
        <LinkButton key={url} size="sm" variant="secondary" icon="apps" href={url + parameters}>
          {title}
        </LinkButton>
      ))}
    </>
  );
}

interface Chosen {
  readonly variable: Variable;
  readonly value: string;
  readonly values: readonly string[];
}

/** The variables with what can be chosen and what is: the address's, or else the first. */
function useVariables(
  dashboard: Dashboard,
  range: TimeRange,
  parameters: URLSearchParams,
): [readonly Chosen[] | undefined, string | undefined] {
  const [found, setFound] = useState<readonly Omit<Chosen, "value">[]>();
  const [mistake, setMistake] = useState<string>();
  useEffect(() => {
    const lists = (dashboard.templating?.list ?? []).map(async (variable) => {
      const frames = await runQuery({
        dashboard: dashboard.uid,
        variable: variable.name,
        variables: {},
        from: range.from.valueOf(),
        to: range.to.valueOf(),
        intervalMs: 60_000,
        maxDataPoints: 1000,
      });
      const values: unknown[] = frames[0]?.fields.at(-1)?.values ?? [];
      return { variable, values: values.map(String) };
    });
    Promise.all(lists).then(setFound, (error: unknown) => {
      setMistake(messageOf(error));
      setFound([]);
    });
    // As its setting `refresh` says: when the dashboard is loaded.
  }, [dashboard]);
  const chosen = found?.map(({ variable, values }) => ({
    variable,
    values,
    value: parameters.get(`var-${variable.name}`) ?? values[0] ?? "",
  }));
  return [chosen, mistake];
}

function useInterval(action: () => void, interval: string): void {
  useEffect(() => {
    const [, count, unit] = /^(\d+)([smhd])$/.exec(interval) ?? [];
    if (count === undefined) {
      return undefined;
    }
    const seconds = Number(count) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit ?? "s"] ?? 1);
    const timer = setInterval(() => {
      if (!document.hidden) {
        action();
      }
    }, seconds * 1000);
    return () => {
      clearInterval(timer);
    };
  }, [interval]);
}

/** A range whose ends are moved by parts of its length. */
function shifted({ from, to }: TimeRange, ofFrom: number, ofTo: number): Pick<TimeRange, "raw"> {
  const length = to.valueOf() - from.valueOf();
  return {
    raw: { from: dateTime(from.valueOf() + ofFrom * length), to: dateTime(to.valueOf() + ofTo * length) },
  };
}
