import { isIP } from "node:net";
import { z } from "zod";
import { hostOf } from "./address";
import { object } from "./fields";
import { webUrl } from "./contactAddresses";

/** The address of a push monitor, and how it is called. */
export type Heartbeat = z.output<typeof heartbeatSettings>;

/** The host name and the port of the relay, which only containers on Grafana's network reach. The ingress runs it. */
export const relayName = "heartbeat-relay";
export const relayPort = 8082;

export const heartbeatSettings = object({
  url: webUrl.describe(
    "What is called every few minutes as long as samples arrive and alerts are evaluated.",
  ),
  method: z
    .enum(["GET", "POST"], { error: "must be GET or POST" })
    .meta({ allowed: "GET or POST" })
    .optional()
    .describe(
      "How it is called; unless set, an address of Uptime Kuma (`/api/push/…`) by GET, others by POST.",
    ),
}).superRefine((heartbeat, context) => {
  // The checks of `url` itself report one that cannot be parsed.
  const url = URL.canParse(heartbeat.url) ? new URL(heartbeat.url) : undefined;
  if (isRelayed(heartbeat) && url?.protocol === "https:" && isIP(hostOf(url)) !== 0) {
    // nginx compares a certificate with names only. Source: `X509_check_host` in its ngx_event_openssl.c
    const message =
      "must have a host name: a certificate for an IP address cannot be checked when the method is GET";
    context.addIssue({ code: "custom", path: ["url"], message });
  }
});

/**
 * Whether the relay calls the monitor by GET, as Grafana sends POST and PUT only. Uptime Kuma 1 accepts GET only; version 2
 * accepts both.
 * Sources: `router.get` and `router.all` of `/api/push/:pushToken` in its server/routers/api-router.js; `ErrInvalidMethod` in
 * http/client.go of grafana/alerting
 */
export function isRelayed({ url, method }: Heartbeat): boolean {
  return method === undefined ? /^[^?#]*\/api\/push\/[^/?#]+(?:[?#]|$)/.test(url) : method === "GET";
}

/** What Grafana calls: the relay, or the monitor itself. */
export function calledUrl(heartbeat: Heartbeat): string {
  return isRelayed(heartbeat) ? `http://${relayName}:${relayPort}/` : heartbeat.url;
}
