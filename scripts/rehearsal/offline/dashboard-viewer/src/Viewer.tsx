import { createTheme, type GrafanaTheme2, ThemeContext } from "@grafana/data";
import { Alert, GlobalStyles } from "@grafana/ui";
import { useEffect, useMemo, useState } from "react";
import { useParameters } from "./address";
import { listDashboards, loadDashboard, messageOf } from "./backend";
import type { Dashboard, DashboardEntry } from "./dashboard";
import { DashboardPage } from "./DashboardPage";

/** The page of the dashboard that the address names. */
export function Viewer(): JSX.Element {
  const [parameters] = useParameters();
  const mode = parameters.get("theme") === "light" ? "light" : "dark";
  const theme = useMemo(() => createTheme({ colors: { mode } }), [mode]);
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <style>{ownStyles(theme)}</style>
      <Loaded />
    </ThemeContext.Provider>
  );
}

function Loaded(): JSX.Element {
  const [found, setFound] = useState<{ dashboard: Dashboard; dashboards: DashboardEntry[] }>();
  const [mistake, setMistake] = useState<string>();
  useEffect(() => {
    const uid = /^\/d\/([^/]+)/.exec(window.location.pathname)?.[1];
    Promise.all([loadDashboard(uid && decodeURIComponent(uid)), listDashboards()]).then(
      ([dashboard, dashboards]) => {
        setFound({ dashboard, dashboards });
      },
      (error: unknown) => {
        setMistake(messageOf(error));
      },
    );
  }, []);
  if (mistake !== undefined) {
    return <Alert title={mistake} />;
  }
  return found === undefined ? <></> : <DashboardPage {...found} />;
}

/** What Grafana's components leave to the page: where the panels are, and how it looks on a phone. */
function ownStyles({ colors, spacing, typography }: GrafanaTheme2): string {
  return `
    body { margin: 0; overflow-y: scroll; }
    .notice { padding: ${spacing(0.5, 2)}; color: ${colors.text.secondary}; font-size: ${typography.bodySmall.fontSize};
      background: ${colors.background.primary}; border-bottom: 1px solid ${colors.border.weak}; }
    .bar { display: flex; flex-wrap: wrap; gap: ${spacing(1)}; align-items: center; padding: ${spacing(1, 2)}; }
    .bar h1 { margin: 0; font-size: ${typography.h4.fontSize}; }
    .bar .right { display: flex; flex-wrap: wrap; gap: ${spacing(1)}; margin-left: auto; }
    .variable { display: flex; align-items: center; }
    .panels { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); grid-auto-rows: 30px; gap: 8px;
      padding: ${spacing(0, 2, 2)}; }
    .message { display: flex; height: 100%; align-items: center; justify-content: center; text-align: center;
      color: ${colors.text.secondary}; overflow: auto; overflow-wrap: anywhere; }
    @media (max-width: 768px) {
      .bar, .panels { padding-left: ${spacing(1)}; padding-right: ${spacing(1)}; }
      .bar .right { margin-left: 0; }
      .panels > * { grid-column: 1 / -1 !important; grid-row-start: auto !important; }
    }`;
}
