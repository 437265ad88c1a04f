import type { NotificationPolicy } from "@grafana/grafana-foundation-sdk/alerting";
import { receivers, type ReceiverName } from "./contactPoints";
import type { Topic } from "./rules";

/** Where the messages of a topic go, and how often. */
interface Delivery {
  readonly receiver: ReceiverName;
  readonly group_wait: string;
  readonly group_interval: string;
  readonly repeat_interval: string;
}

const atOnce = { group_wait: "0s", group_interval: "1m" };

function deliveryOf(topic: Topic): Delivery {
  switch (topic) {
    case "heartbeat":
      return { receiver: receivers.heartbeat, ...atOnce, repeat_interval: "4m" };
    case "test":
      return { receiver: receivers.alerts, ...atOnce, repeat_interval: "12h" };
    default:
      return {
        receiver: receivers.alerts,
        group_wait: "30s",
        group_interval: "5m",
        repeat_interval: "12h",
      };
  }
}

/** The notification policies of a Grafana that the program has set up: all that there are. */
export const notificationPolicy: NotificationPolicy = {
  ...deliveryOf("health"),
  // A dead master is one message, and not one of each node.
  group_by: ["topic"],
  routes: (["heartbeat", "test"] as const).map((topic) => ({
    ...deliveryOf(topic),
    object_matchers: [["topic", "=", topic]],
  })),
};

/** The same of one rule, which then goes past the policies. Grafana takes no other grouping there. */
export function notificationSettings(topic: Topic): object {
  return { ...deliveryOf(topic), group_by: ["grafana_folder", "alertname"] };
}
