import { UserError } from "../../components/userError";
import { callHeartbeat } from "../alertTest/callHeartbeat";
import { type ContactPointAnswer, longestWaitMinutes, sendTestAlert } from "../alertTest/sendTestAlert";
import { runCommand } from "../cli/command";
import { withProgress } from "../cli/progress";
import { renderTable } from "../cli/table";
import { rehearsalStack } from "../rehearsal/instance";
import { openStack } from "../rehearsal/openStack";

/**
 * `npm run alert-test [-- STACK | --stack STACK]`: makes the rule "Test" fire, and shows for each contact point whether the
 * message was sent. The message that it is resolved comes some minutes later. A heartbeat is called once, and its answer
 * is shown.
 */
runCommand(
  { maxWords: 1, options: { stack: { type: "string", default: rehearsalStack } } },
  async ({ values, positionals: [name = values.stack] }) => {
    const stack = await openStack(name);
    const loaded = await stack.load();
    const { heartbeat, ...notified } = loaded.settings.contactPoints;
    const isNotified = Object.keys(notified).length > 0;
    if (heartbeat === undefined && !isNotified) {
      throw new UserError("No contact point is set. docs/alerts.md says how to set one.");
    }
    const answers: ContactPointAnswer[] = [];
    try {
      if (heartbeat !== undefined) {
        const answer = await callHeartbeat(loaded.server, heartbeat);
        answers.push({ contactPoint: "heartbeat", ...answer });
      }
      if (isNotified) {
        const sent = await withProgress(
          `Waiting for the message to be sent (up to ${longestWaitMinutes} min)`,
          () => sendTestAlert(loaded),
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
  },
);
