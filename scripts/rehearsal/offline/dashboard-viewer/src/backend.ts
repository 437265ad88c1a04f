import { type DataFrame, dataFrameFromJSON, type DataFrameJSON } from "@grafana/data";
import type { Dashboard, DashboardEntry } from "./dashboard";

/** A query that a panel (by its place) or a variable (by its name) of a dashboard asks. */
export interface Query {
  readonly dashboard: string;
  readonly panel?: number;
  readonly variable?: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly from: number;
  readonly to: number;
  readonly intervalMs: number;
  readonly maxDataPoints: number;
}

export async function listDashboards(): Promise<DashboardEntry[]> {
  return (await ask("/api/search")) as DashboardEntry[];
}

/** @param uid without one it is the home dashboard */
export async function loadDashboard(uid: string | undefined): Promise<Dashboard> {
  const path = uid === undefined ? "home" : `uid/${encodeURIComponent(uid)}`;
  return ((await ask(`/api/dashboards/${path}`)) as { dashboard: Dashboard }).dashboard;
}

export async function runQuery(query: Query, signal?: AbortSignal): Promise<DataFrame[]> {
  const answer = await ask("/api/viewer/query", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(query),
    ...(signal === undefined ? {} : { signal }),
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
