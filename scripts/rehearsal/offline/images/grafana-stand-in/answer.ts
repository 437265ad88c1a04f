import type { OutgoingHttpHeaders } from "node:http";

/** What the server answers to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

export function json(status: number, body: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

export function html(status: number, body: string): Answer {
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return { status, headers, body };
}

export function redirect(location: string, headers: OutgoingHttpHeaders = {}): Answer {
  return { status: 302, headers: { ...headers, location }, body: "" };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
