import { receivers } from "../../../../components/alerts/contactPoints";
import { sendTestAlert } from "../../../../scripts/alertTest/sendTestAlert";
import { ServerError } from "../../../../scripts/remote/server";
import type { LoadedStack } from "../../../../scripts/stack/stack";
import { exampleSettings } from "../../../support/exampleSettings";

const url = "https://example.com/hook";
const settings = exampleSettings({ contactPoints: { slack: { url }, discord: { url } } });
const never = "0001-01-01T00:00:00.000Z";
const lost = new ServerError("the server cannot be reached", "");

/** What Grafana says of a contact point. */
function called(name: string, lastNotifyAttempt: string, lastNotifyAttemptError = "") {
  return { name, lastNotifyAttempt, lastNotifyAttemptError };
}

/** Sends the test at 12:00:00. Each look at Grafana gets the next answer, and the last one from then on. */
async function send(...looks: readonly (object[] | Error)[]) {
  jest.useFakeTimers({ now: new Date("2026-01-01T12:00:00Z") });
  let look = 0;
  const server = {
    curl: () => {
      const answer = looks[Math.min(look++, looks.length - 1)];
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve(JSON.stringify([{ name: receivers.alerts, integrations: answer }]));
    },
    exec: () => Promise.resolve(`${Date.parse("2026-01-01T12:00:00Z") / 1000}\n`),
  };
  const loaded = { settings, server, outputs: { grafanaAdminPassword: "p" }, resources: [{}], stack: {} };
  const result = sendTestAlert(loaded as unknown as LoadedStack).catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(5 * 60_000);
  return result;
}

afterEach(() => {
  jest.useRealTimers();
});

const before = [called("slack", never), called("discord", never)];
const after = "2026-01-01T12:01:00.000Z";

test("shows what each contact point has answered", async () => {
  const both = [called("slack", after), called("discord", after, "status 404")];
  expect(await send(before, before, both)).toEqual([
    { contactPoint: "slack", isAccepted: true, text: "sent" },
    { contactPoint: "discord", isAccepted: false, text: "status 404" },
  ]);
});

test("names the one that Grafana has not called", async () => {
  expect(await send(before, [called("slack", after), called("discord", never)])).toEqual([
    { contactPoint: "slack", isAccepted: true, text: "sent" },
    { contactPoint: "discord", isAccepted: false, text: "not called within 4 minutes" },
  ]);
});

test("goes on after a connection that was lost", async () => {
  const both = [called("slack", after), called("discord", after)];
  expect(await send(before, lost, both)).toMatchObject([{ text: "sent" }, { text: "sent" }]);
});

test.each([
  ["Grafana has called none", before, /^No message was sent\./],
  ["the server cannot be reached to the end", lost, /^the server cannot be reached$/],
])("fails if %s", async (_, last, message) => {
  expect(await send(before, last)).toMatchObject({ message: expect.stringMatching(message) as string });
});
