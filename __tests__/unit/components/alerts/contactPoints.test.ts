import { parse } from "yaml";
import { kindsOfType, receiversOf } from "../../../../components/alerts/contactPoints";
import { renderContactPoints } from "../../../../components/alerts/provisioning";
import { allContactPoints } from "../../../support/allContactPoints";
import { exampleSettings } from "../../../support/exampleSettings";

const url = "https://example.com";
const { email, ...others } = allContactPoints(url);
const everything = { ...others, email: { ...email, to: ["a@example.com", "b@example.com"] } };

interface File {
  readonly contactPoints: { name: string; receivers: { uid: string; type: string; settings: object }[] }[];
  readonly deleteContactPoints: { uid: string }[];
}

const rendered = (contactPoints: object): File =>
  parse(renderContactPoints(exampleSettings({ contactPoints }))) as File;

test("every kind becomes what Grafana needs for it", () => {
  const alert = (kind: string, settings: object, type = kind): object => ({
    uid: `pi-monitoring-to-${kind}`,
    type,
    settings,
  });
  expect(receiversOf(everything)).toEqual([
    {
      name: "Pi monitoring",
      unset: ["pi-monitoring-to-nobody"],
      contactPoints: [
        alert("email", { addresses: "a@example.com;b@example.com", singleEmail: true }),
        alert("webhook", { url: `${url}/webhook` }),
        alert("slack", { url: `${url}/slack` }),
        alert("discord", { url: `${url}/discord` }),
        alert("telegram", { bottoken: "1:a", chatid: "-100" }),
        alert(
          "ntfy",
          {
            url: `${url}/ntfy?template=grafana`,
            authorization_scheme: "Bearer",
            authorization_credentials: "tk",
          },
          "webhook",
        ),
      ],
    },
    {
      name: "Pi monitoring: heartbeat",
      unset: ["pi-monitoring-to-no-heartbeat"],
      contactPoints: [
        {
          uid: "pi-monitoring-to-heartbeat",
          type: "webhook",
          settings: { url: `${url}/heartbeat` },
          disableResolveMessage: true,
        },
      ],
    },
  ]);
});

test("what is no longer set is taken away from Grafana, and its receiver stays", () => {
  const uids = (file: File): string[] =>
    file.contactPoints.flatMap(({ receivers }) => receivers.map(({ uid }) => uid));
  const some = rendered({ slack: everything.slack });
  expect(uids(some)).toEqual(["pi-monitoring-to-slack", "pi-monitoring-to-no-heartbeat"]);
  expect(some.deleteContactPoints.map(({ uid }) => uid).sort()).toEqual(
    ["discord", "email", "heartbeat", "nobody", "ntfy", "telegram", "webhook"].map(
      (kind) => `pi-monitoring-to-${kind}`,
    ),
  );
  const none = rendered({});
  expect(uids(none)).toEqual(["pi-monitoring-to-nobody", "pi-monitoring-to-no-heartbeat"]);
  expect(none.contactPoints.map(({ name }) => name)).toEqual(some.contactPoints.map(({ name }) => name));
});

test("Grafana's type of a contact point is said by the names of the settings", () => {
  expect(kindsOfType(everything, "slack")).toEqual(["slack"]);
  expect(kindsOfType(everything, "webhook")).toEqual(["webhook", "ntfy"]);
  expect(kindsOfType({ ntfy: everything.ntfy, heartbeat: everything.heartbeat }, "webhook")).toEqual([
    "ntfy",
  ]);
});
