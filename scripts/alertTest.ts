import { retry } from "zx";
import { kindsOfType, receivers } from "../components/alerts/contactPoints";
import { dockerCommand } from "../components/server/serverEngine";
import { alertTestFile, telegrafName } from "../components/server/telegraf";
import { $ } from "./prepare/shell";
import { onServer } from "./stack/onServer";
import { openStack } from "./stack/openStack";
import { runCommand, UserError } from "./terminal/command";
import { renderTable, withProgress } from "./terminal/progress";

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
 * became of the message at each contact point. The message that it is resolved comes some minutes later.
 */
runCommand({ stack: { type: "string", default: "dev" } }, async ({ values: { stack: name } }) => {
  const stack = await openStack(name);
  const [settings, { grafanaAdminPassword }] = [await stack.settings(), await stack.outputs()];
  if (Object.keys(settings.contactPoints).every((kind) => kind === "heartbeat")) {
    throw new UserError("Nobody is told of anything yet. docs/alerts.md says how to set a contact point.");
  }

  const told = async (): Promise<Receiver[]> => {
    // The password must not show in the process list.
    const input = `url = "${receiversUrl}"\nuser = "admin:${grafanaAdminPassword}"\n`;
    const curl = ["exec", "-i", "grafana", "curl", "--silent", "--show-error", "--fail", "--config", "-"];
    const { exitCode, stdout, stderr } = await $({
      nothrow: true,
      input,
    })`${dockerCommand(settings.vps, ...curl)}`;
    if (exitCode !== 0) {
      throw new UserError(`Grafana does not tell what became of its messages: ${stderr.trim()}`);
    }
    return JSON.parse(stdout) as Receiver[];
  };
  await told();

  // By the server's clock, as Grafana's answers are.
  const seconds = await onServer(settings, [
    ...["docker", "exec", telegrafName(settings)],
    ...["sh", "-c", `touch ${alertTestFile} && date -r ${alertTestFile} +%s`],
  ]);
  const begin = new Date(Number(seconds) * 1000);
  const integrations = await withProgress("Waiting for the message to be sent (up to 4 min)", () =>
    retry(48, "5s", async () => {
      const { integrations: found = [] } =
        (await told()).find(({ name: each }) => each === receivers.alerts) ?? {};
      if (found.length === 0 || found.some(({ lastNotifyAttempt }) => new Date(lastNotifyAttempt) < begin)) {
        throw new UserError(
          'No message was sent. Look at the rule "Test" in Grafana\'s alerts, and at `docker logs grafana` on the server.',
        );
      }
      return found;
    }),
  );
  console.log(
    renderTable(
      ["contact point", "message"],
      integrations.map(({ name: type, lastNotifyAttemptError: error = "" }) => [
        kindsOfType(settings.contactPoints, type).join(" or "),
        error === "" ? "sent" : error,
      ]),
    ),
  );
  return integrations.every(({ lastNotifyAttemptError = "" }) => lastNotifyAttemptError === "") ? 0 : 1;
});
