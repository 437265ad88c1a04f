import type { NotificationPolicy } from "@grafana/grafana-foundation-sdk/alerting";
import { receivers } from "./contactPoints";
import type { Topic } from "./rules";

/** Where the messages of a topic go, and how often. */
type Delivery = Pick<NotificationPolicy, "receiver" | "group_wait" | "group_interval" | "repeat_interval">;

const usual: Delivery = {
  receiver: receivers.alerts,
  group_wait: "30s",
  group_interval: "5m",
  repeat_interval: "12h",
};
const atOnce: Delivery = { ...usual, group_wait: "0s", group_interval: "1m" };

/** The topics that are not delivered as usual. */
const unusual: Readonly<Partial<Record<Topic, Delivery>>> = {
  heartbeat: { ...atOnce, receiver: receivers.heartbeat, repeat_interval: "4m" },
  test: atOnce,
};

/** The topics by which the program finds its own messages. */
export const topicsOfProgram: readonly string[] = Object.keys(unusual);

/** All notification policies of a Grafana on a volume of the program's. */
export const notificationPolicy: NotificationPolicy = {
  ...usual,
  // A dead master is one message, and not one of each node.
  group_by: ["topic"],
  routes: Object.entries(unusual).map(([topic, delivery]) => ({
    ...delivery,
    object_matchers: [["topic", "=", topic]],
  })),
};

/**
 * How a rule delivers its messages where the policies are a user's. Grafana takes no other grouping here.
 *
 * @param topic undefined for a rule of the user's
 */
export function notificationSettings(topic?: Topic): object {
  return { ...((topic && unusual[topic]) ?? usual), group_by: ["grafana_folder", "alertname"] };
}
