import { retry } from "zx";
import { kindsOfType, receivers } from "../../components/alerts/contactPoints";
import { alertTestFile, telegrafName } from "../../components/server/telegraf/telegraf";
import type { Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import type { Server } from "../remote/server";
import { type LoadedStack, requireDeployed } from "../stack/stack";
import type { Answer } from "./callHeartbeat";

/** The state of a contact point group in Grafana. Source: its API, `GET …/config/api/v1/receivers`. */
interface Receiver {
  readonly name: string;
  readonly integrations: readonly {
    readonly name: string;
    readonly lastNotifyAttempt: string;
    readonly lastNotifyAttemptError?: string;
  }[];
}

export interface ContactPointAnswer extends Answer {
  /** The name of its setting. */
  readonly contactPoint: string;
}

const receiversUrl = "http://localhost:3000/api/alertmanager/grafana/config/api/v1/receivers";

/** Makes the rule "Test" fire, and waits until each contact point was called. */
export async function sendTestAlert(loaded: LoadedStack): Promise<ContactPointAnswer[]> {
  requireDeployed(loaded);
  const { settings, server, outputs } = loaded;
  const password = outputs.grafanaAdminPassword ?? "";
  // Before the rule fires, so that a Grafana that does not answer is reported at once.
  await readReceivers(server, password);
  const begin = await fireTestRule(server, settings);
  const integrations = await retry(48, "5s", async () => {
    const { integrations: found = [] } =
      (await readReceivers(server, password)).find(({ name }) => name === receivers.alerts) ?? {};
    if (found.length === 0 || found.some(({ lastNotifyAttempt }) => new Date(lastNotifyAttempt) < begin)) {
      throw new UserError(
        'No message was sent. Look at the rule "Test" in Grafana\'s alerts, and at `docker logs grafana` on the server.',
      );
    }
    return found;
  });
  return integrations.map(({ name: type, lastNotifyAttemptError: error = "" }) => ({
    contactPoint: kindsOfType(settings.contactPoints, type).join(" or "),
    isAccepted: error === "",
    text: error === "" ? "sent" : error,
  }));
}

async function readReceivers(server: Server, password: string): Promise<Receiver[]> {
  const request = { url: receiversUrl, user: `admin:${password}`, fail: true } as const;
  const describeFailure = (stderr: string): string =>
    `Grafana does not report the state of its messages: ${stderr}`;
  return JSON.parse(await server.curl("grafana", request, { describeFailure })) as Receiver[];
}

/** @returns the time by the server's clock, which Grafana's answers have too */
async function fireTestRule(server: Server, settings: Settings): Promise<Date> {
  const script = `touch ${alertTestFile} && date -r ${alertTestFile} +%s`;
  const seconds = await server.exec(telegrafName(settings), ["sh", "-c", script]);
  return new Date(Number(seconds) * 1000);
}
