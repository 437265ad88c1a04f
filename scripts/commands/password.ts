import { rehearsalStack } from "../rehearsal/instance";
import { openStack } from "../rehearsal/openStack";
import { UserError } from "../../components/userError";
import { runCommand } from "../cli/command";

/** `npm run --silent password [-- STACK]`: prints the password of Grafana's user `admin`, and nothing else. */
runCommand({ maxWords: 1 }, async ({ positionals: [name = rehearsalStack] }) => {
  const { grafanaAdminPassword } = await (await openStack(name)).outputs();
  if (grafanaAdminPassword === undefined) {
    throw new UserError(`The stack ${name} has no Grafana yet: a deploy makes it.`);
  }
  console.log(grafanaAdminPassword);
  return 0;
});
