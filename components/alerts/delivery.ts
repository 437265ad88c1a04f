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

/** All notification policies of a Grafana on a volume of the program's. */
export const notificationPolicy: NotificationPolicy = {
  ...deliveryOf("health"),
  // A dead master is one message, and not one of each node.
  group_by: ["topic"],
  routes: (["heartbeat", "test"] as const).map((topic) => ({
    ...deliveryOf(topic),
    object_matchers: [["topic", "=", topic]],
  })),
};

/** How a rule delivers its messages where the policies are a user's. Grafana takes no other grouping here. */
export function notificationSettings(topic: Topic): object {
  return { ...deliveryOf(topic), group_by: ["grafana_folder", "alertname"] };
}
