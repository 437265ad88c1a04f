import { sleep } from "zx";
import { kindsOfType, receivers } from "../../components/alerts/contactPoints";
import { containers, localUrl } from "../../components/server/resourceNames";
import { alertTestFile, telegrafName } from "../../components/server/telegraf/telegraf";
import type { Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { type Server, ServerError } from "../remote/server";
import { type LoadedStack, requireDeployed } from "../stack/stack";
import type { Answer } from "./answer";

/** The state of a contact point group in Grafana. Source: its API, `GET …/config/api/v1/receivers`. */
interface Receiver {
  readonly name: string;
  readonly integrations: readonly Integration[];
}

interface Integration {
  readonly name: string;
  readonly lastNotifyAttempt: string;
  readonly lastNotifyAttemptError?: string;
}

export interface ContactPointAnswer extends Answer {
  /** Its key in `contactPoints`, such as `slack`, or two of them where Grafana's type fits both. */
  readonly contactPoint: string;
}

/** How long Grafana may take: the rule must fire, and its messages are grouped. */
export const longestWaitMinutes = 4;
const pollSeconds = 5;

const receiversUrl = `${localUrl("grafana")}/api/alertmanager/grafana/config/api/v1/receivers`;

/**
 * Makes the rule "Test" fire, and waits until each contact point was called. A message about another alert counts too: Grafana
 * reports only when a contact point was called last.
 *
 * @throws UserError if Grafana has called none
 */
export async function sendTestAlert(loaded: LoadedStack): Promise<ContactPointAnswer[]> {
  requireDeployed(loaded);
  const { settings, server, outputs } = loaded;
  const password = outputs.grafanaAdminPassword ?? "";
  // Before the rule fires, so that a Grafana that does not answer is reported at once.
  await readReceivers(server, password);
  const begin = await fireTestRule(server, settings);
  const wasCalled = ({ lastNotifyAttempt }: Integration): boolean => new Date(lastNotifyAttempt) >= begin;
  const deadline = Date.now() + longestWaitMinutes * 60_000;
  let integrations: readonly Integration[] = [];
  let failure: ServerError | undefined;
  do {
    await sleep(pollSeconds * 1000);
    try {
      const found = await readReceivers(server, password);
      integrations = found.find(({ name }) => name === receivers.alerts)?.integrations ?? [];
      failure = undefined;
    } catch (error) {
      // A connection may be lost in these minutes; the next look has a new one.
      if (!(error instanceof ServerError)) {
        throw error;
      }
      failure = error;
    }
  } while (Date.now() < deadline && !(integrations.length > 0 && integrations.every(wasCalled)));
  if (!integrations.some(wasCalled)) {
    const problem =
      'No message was sent. Look at the rule "Test" in Grafana\'s alerts, and at `docker logs grafana` on the server.';
    throw failure ?? new UserError(problem);
  }
  return integrations.map((integration) => ({
    // Grafana names an integration by its type.
    contactPoint: kindsOfType(settings.contactPoints, integration.name).join(" or "),
    ...answerOf(integration, wasCalled(integration)),
  }));
}

function answerOf({ lastNotifyAttemptError: error = "" }: Integration, wasCalled: boolean): Answer {
  if (!wasCalled) {
    return { isAccepted: false, text: `not called within ${longestWaitMinutes} minutes` };
  }
  return error === "" ? { isAccepted: true, text: "sent" } : { isAccepted: false, text: error };
}

async function readReceivers(server: Server, password: string): Promise<Receiver[]> {
  const request = { url: receiversUrl, user: `admin:${password}`, fail: true } as const;
  const describeFailure = (stderr: string): string =>
    `Grafana does not report the state of its messages: ${stderr}`;
  return JSON.parse(await server.curl(containers.grafana, request, { describeFailure })) as Receiver[];
}

/** @returns the time by the server's clock, which Grafana's answers have too */
async function fireTestRule(server: Server, settings: Settings): Promise<Date> {
  const script = `touch ${alertTestFile} && date -r ${alertTestFile} +%s`;
  const seconds = await server.exec(telegrafName(settings), ["sh", "-c", script]);
  return new Date(Number(seconds) * 1000);
}
