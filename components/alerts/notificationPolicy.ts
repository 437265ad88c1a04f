import type { NotificationPolicy } from "@grafana/grafana-foundation-sdk/alerting";

/** What Grafana has when it is installed; it sends nothing without SMTP. */
const nobody = "grafana-default-email";

/** Who is told of what, and how often. */
export function notificationPolicy(receivers: ReadonlySet<string>): NotificationPolicy {
  const existing = (name: string): string => (receivers.has(name) ? name : nobody);
  return {
    receiver: existing("alerts"),
    // So that a dead master is one message, and not one of each node.
    group_by: ["topic"],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: "12h",
    routes: [
      {
        receiver: existing("heartbeat"),
        object_matchers: [["topic", "=", "heartbeat"]],
        group_wait: "0s",
        group_interval: "1m",
        repeat_interval: "4m",
      },
      {
        receiver: existing("alerts"),
        object_matchers: [["topic", "=", "test"]],
        group_wait: "0s",
        group_interval: "1m",
        repeat_interval: "12h",
      },
    ],
  };
}
