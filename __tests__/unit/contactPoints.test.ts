import { parse } from "yaml";
import { contactPoints } from "../../components/alerts/contactPoints";
import { notificationPolicy } from "../../components/alerts/notificationPolicy";
import { renderContactPoints } from "../../components/alerts/provisioning";

const email = {
  to: ["a@example.com", "b@example.com"],
  from: "pi@example.com",
  host: "smtp.example.com:587",
};
const everything = {
  email,
  webhook: { url: "https://example.com/hook" },
  slack: { url: "https://hooks.slack.com/services/x" },
  discord: { url: "https://discord.com/api/webhooks/x" },
  telegram: { token: "1:a", chatId: "-100" },
  ntfy: { url: "https://ntfy.sh/topic", token: "tk" },
  heartbeat: { url: "https://hc-ping.com/x" },
};

interface File {
  readonly contactPoints: { name: string; receivers: { uid: string; type: string; settings: object }[] }[];
  readonly deleteContactPoints: { uid: string }[];
  readonly policies: { receiver: string; routes: { receiver: string }[] }[];
}

const rendered = (configured: Parameters<typeof renderContactPoints>[0]): File =>
  parse(renderContactPoints(configured)) as File;

test("every kind becomes what Grafana needs for it", () => {
  const alert = (kind: string, settings: object, type = kind): object => ({
    uid: `pi-monitoring-${kind}`,
    name: "alerts",
    type,
    settings,
  });
  expect(contactPoints(everything)).toEqual({
    unset: [],
    set: [
      alert("email", { addresses: "a@example.com;b@example.com", singleEmail: true }),
      alert("webhook", { url: "https://example.com/hook" }),
      alert("slack", { url: "https://hooks.slack.com/services/x" }),
      alert("discord", { url: "https://discord.com/api/webhooks/x" }),
      alert("telegram", { bottoken: "1:a", chatid: "-100" }),
      alert(
        "ntfy",
        {
          url: "https://ntfy.sh/topic?template=grafana",
          authorization_scheme: "Bearer",
          authorization_credentials: "tk",
        },
        "webhook",
      ),
      {
        uid: "pi-monitoring-heartbeat",
        name: "heartbeat",
        type: "webhook",
        settings: { url: "https://hc-ping.com/x" },
        disableResolveMessage: true,
      },
    ],
  });
});

test("alerts go to one group of contact points, and the heartbeat to another", () => {
  const file = rendered(everything);
  expect(file.contactPoints.map(({ name, receivers }) => [name, receivers.length])).toEqual([
    ["alerts", 6],
    ["heartbeat", 1],
  ]);
  expect(file.policies[0]).toMatchObject({
    receiver: "alerts",
    group_by: ["topic"],
    routes: [{ receiver: "heartbeat" }, { receiver: "alerts" }],
  });
});

test("what is no longer set is taken away from Grafana", () => {
  const { deleteContactPoints, contactPoints: points } = rendered({ slack: everything.slack });
  expect(points.flatMap(({ receivers }) => receivers.map(({ uid }) => uid))).toEqual(["pi-monitoring-slack"]);
  expect(deleteContactPoints.map(({ uid }) => uid).sort()).toEqual(
    ["discord", "email", "heartbeat", "ntfy", "telegram", "webhook"].map((kind) => `pi-monitoring-${kind}`),
  );
});

test("the heartbeat never goes where alerts go, and nothing to a group that does not exist", () => {
  const receivers = (names: string[]): unknown[] => {
    const { receiver, routes } = notificationPolicy(new Set(names));
    return [receiver, ...(routes ?? []).map((route) => route.receiver)];
  };
  const nobody = "grafana-default-email";
  expect(receivers(["alerts"])).toEqual(["alerts", nobody, "alerts"]);
  expect(receivers(["heartbeat"])).toEqual([nobody, "heartbeat", nobody]);
  expect(receivers([])).toEqual([nobody, nobody, nobody]);
});
