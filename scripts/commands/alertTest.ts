import { retry } from "zx";
import { kindsOfType, receivers } from "../../components/alerts/contactPoints";
import type { Settings } from "../../components/settings/settings";
import { alertTestFile, telegrafName } from "../../components/server/telegraf/telegraf";
import { callHeartbeat } from "../alertTest/heartbeat";
import type { Server } from "../remote/server";
import { openStack } from "../rehearsal/openStack";
import { runCommand, UserError } from "../cli/command";
import { renderTable, withProgress } from "../cli/progress";

/** What Grafana tells of a group of contact points. Source: its API, `GET …/config/api/v1/receivers`. */
interface Receiver {
  readonly name: string;
  readonly integrations: readonly {
    readonly name: string;
    readonly lastNotifyAttempt: string;
    readonly lastNotifyAttemptError?: string;
  }[];
}

const receiversUrl = "http://localhost:3000/api/alertmanager/grafana/config/api/v1/receivers";

/**
 * `npm run alert-test [-- --stack STACK]`: makes the rule "Test" fire, as anything that is wrong would, and shows what
 * became of the message at each contact point. The message that it is resolved comes some minutes later. The heartbeat is
 * called once, and its answer is shown.
 */
runCommand({ stack: { type: "string", default: "dev" } }, async ({ values: { stack: name } }) => {
  const stack = await openStack(name);
  const { settings, server, outputs } = await stack.load();
  const { heartbeat, ...told } = settings.contactPoints;
  if (heartbeat === undefined && Object.keys(told).length === 0) {
    throw new UserError("Nobody is told of anything yet. docs/alerts.md says how to set a contact point.");
  }
  const rows: string[][] = [];
  const failed: boolean[] = [];
  if (heartbeat !== undefined) {
    const answer = await callHeartbeat(server, heartbeat);
    rows.push(["heartbeat", answer.text]);
    failed.push(!answer.isTaken);
  }
  try {
    const integrations =
      Object.keys(told).length === 0 ? [] : await sendTest(server, settings, outputs.grafanaAdminPassword);
    for (const { name: type, lastNotifyAttemptError: error = "" } of integrations) {
      rows.push([kindsOfType(told, type).join(" or "), error === "" ? "sent" : error]);
      failed.push(error !== "");
    }
  } finally {
    if (rows.length > 0) {
      console.log(renderTable(["contact point", "answer"], rows));
    }
  }
  return failed.includes(true) ? 1 : 0;
});

/** Makes the rule "Test" fire and waits until each contact point was called. */
async function sendTest(
  server: Server,
  settings: Settings,
  password: string,
): Promise<Receiver["integrations"]> {
  const receiversOf = async (): Promise<Receiver[]> => {
    const request = { url: receiversUrl, user: `admin:${password}`, fail: true } as const;
    const describeFailure = (stderr: string): string =>
      `Grafana does not tell what became of its messages: ${stderr}`;
    return JSON.parse(await server.curl("grafana", request, { describeFailure })) as Receiver[];
  };
  await receiversOf();

  // By the server's clock, as Grafana's answers are.
  const seconds = await server.exec(telegrafName(settings), [
    ...["sh", "-c", `touch ${alertTestFile} && date -r ${alertTestFile} +%s`],
  ]);
  const begin = new Date(Number(seconds) * 1000);
  return withProgress("Waiting for the message to be sent (up to 4 min)", () =>
    retry(48, "5s", async () => {
      const { integrations: found = [] } =
        (await receiversOf()).find(({ name: each }) => each === receivers.alerts) ?? {};
      if (found.length === 0 || found.some(({ lastNotifyAttempt }) => new Date(lastNotifyAttempt) < begin)) {
        throw new UserError(
          'No message was sent. Look at the rule "Test" in Grafana\'s alerts, and at `docker logs grafana` on the server.',
        );
      }
      return found;
    }),
  );
}
