import { type DataFrame, dataFrameFromJSON, type DataFrameJSON } from "@grafana/data";
import type { QueryRequest } from "../../images/grafana-stand-in/queryRequest";
import type { Dashboard, DashboardEntry } from "./dashboard";

export async function listDashboards(): Promise<DashboardEntry[]> {
  return (await ask("/api/search")) as DashboardEntry[];
}

/** @param uid without one it is the home dashboard */
export async function loadDashboard(uid: string | undefined): Promise<Dashboard> {
  const path = uid === undefined ? "home" : `uid/${encodeURIComponent(uid)}`;
  return ((await ask(`/api/dashboards/${path}`)) as { dashboard: Dashboard }).dashboard;
}

export async function runQuery(query: QueryRequest): Promise<DataFrame[]> {
  const answer = await ask("/api/viewer/query", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(query),
  });
  return (answer as { frames: DataFrameJSON[] }).frames.map((frame) => dataFrameFromJSON(frame));
}

async function ask(path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(path, init);
  if (response.status === 401) {
    const redirectTo = window.location.pathname + window.location.search;
    window.location.assign(`/login?${new URLSearchParams({ redirectTo }).toString()}`);
  }
  const answer: unknown = await response.json();
  if (!response.ok) {
    throw new Error((answer as { message: string }).message);
  }
  return answer;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
