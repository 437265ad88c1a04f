import { UserError } from "../../components/userError";
import { callHeartbeat } from "../alertTest/callHeartbeat";
import { type ContactPointAnswer, sendTestAlert } from "../alertTest/testAlert";
import { runCommand } from "../cli/command";
import { withProgress } from "../cli/progress";
import { renderTable } from "../cli/table";
import { openStack } from "../rehearsal/openStack";
import { Server } from "../remote/server";

/**
 * `npm run alert-test [-- --stack STACK]`: makes the rule "Test" fire, and shows for each contact point whether the
 * message was sent. The message that it is resolved comes some minutes later. A heartbeat is called once, and its answer
 * is shown.
 */
runCommand({ stack: { type: "string", default: "dev" } }, async ({ values: { stack: name } }) => {
  const stack = await openStack(name);
  const [settings, { grafanaAdminPassword }] = [await stack.settings(), await stack.outputs()];
  const { heartbeat, ...notified } = settings.contactPoints;
  const isNotified = Object.keys(notified).length > 0;
  if (heartbeat === undefined && !isNotified) {
    throw new UserError("No contact point is set. docs/alerts.md says how to set one.");
  }
  const answers: ContactPointAnswer[] = [];
  try {
    if (heartbeat !== undefined) {
      const answer = await callHeartbeat(new Server(settings.vps), heartbeat);
      answers.push({ contactPoint: "heartbeat", ...answer });
    }
    if (isNotified) {
      const sent = await withProgress("Waiting for the message to be sent (up to 4 min)", () =>
        sendTestAlert(settings, grafanaAdminPassword),
      );
      answers.push(...sent);
    }
  } finally {
    if (answers.length > 0) {
      const rows = answers.map(({ contactPoint, text }) => [contactPoint, text]);
      console.log(renderTable(["contact point", "answer"], rows));
    }
  }
  return answers.every(({ isAccepted }) => isAccepted) ? 0 : 1;
});
