import { settingsFor } from "../init/checks/adoption";
import { requireBackend } from "../init/backend";
import { Interview } from "../init/interview";
import {
  domainQuestion,
  emailQuestion,
  influxQuestion,
  loginQuestion,
  nodesQuestion,
  sudoQuestion,
  vpsQuestion,
} from "../init/questions";
import { settingsFrom } from "../init/settingsFrom";
import { refuseExistingSettings, settingsFileOf, writeSettings } from "../init/settingsFile";
import { permitSudo } from "../init/machine/sudo";
import { namespace } from "../../components/settings/schema";
import { rehearsalStack } from "../rehearsal/instance";
import { requireSshClient } from "../remote/sshClient";
import { Stack } from "../stack/stack";
import { runCommand, UserError } from "../cli/command";

/**
 * `npm run init [-- STACK] [FLAGS]`: five questions, each answer checked at once, and the settings of a stack written
 * from them. A flag answers its question; without a terminal, all that have no answer of their own must be there.
 * Nothing is changed on any machine but this one, unless sudo asks for a password on a node: then, if the person agrees,
 * a line of sudoers is written there.
 */
runCommand(
  {
    domain: { type: "string" },
    vps: { type: "string" },
    node: { type: "string", multiple: true },
    user: { type: "string" },
    key: { type: "string" },
    "sudo-password-file": { type: "string" },
    email: { type: "string" },
    smtp: { type: "string" },
    "smtp-user": { type: "string" },
    "smtp-password-file": { type: "string" },
    "influxdb-org": { type: "string" },
    "influxdb-bucket": { type: "string" },
    "influxdb-token-file": { type: "string" },
    "accept-host-keys": { type: "boolean" },
    yes: { type: "boolean" },
  },
  async ({ values: flags, positionals: [name = "home"] }) => {
    await requireSshClient();
    const stack = newStack(name);
    await requireBackend();
    await refuseExistingSettings(stack);

    const interview = new Interview(process.stdin.isTTY && process.stdout.isTTY, {
      yes: flags.yes === true,
      "accept-host-keys": flags["accept-host-keys"] === true,
    });
    const domain = await interview.answer(domainQuestion(flags));
    const server = await interview.answer(vpsQuestion(flags, domain));
    const machines = await interview.answer(nodesQuestion(flags));
    const login = await interview.answer(loginQuestion(flags, server, machines));
    const asking = login?.asking ?? [];
    const sudoPassword =
      asking.length === 0 ? null : await interview.answer(await sudoQuestion(flags, asking));
    const adopted = login?.existing === undefined ? {} : settingsFor(login.existing);
    const influxdb =
      login?.vps === undefined || adopted.influxdb === undefined
        ? undefined
        : await interview.answer(await influxQuestion(flags, login.vps, login.existing?.influxdb?.container));
    const email = await interview.answer(await emailQuestion(flags));
    if (
      domain === undefined ||
      login?.vps === undefined ||
      login.nodes === undefined ||
      sudoPassword === undefined ||
      (influxdb === undefined && adopted.influxdb !== undefined) ||
      email === undefined
    ) {
      throw interview.failure();
    }

    const { vps, nodes } = login;
    if (sudoPassword !== null) {
      await permitSudo(sudoPassword, asking);
    }
    await writeSettings(stack, settingsFrom({ domain, vps, nodes, email, adopted, influxdb }));
    const secrets = {
      "influxdb.adminToken": influxdb?.adminToken,
      "contactPoints.email.password": email?.password,
    };
    for (const [path, value] of Object.entries(secrets)) {
      if (value !== undefined) {
        await stack.setSecret(`${namespace}:${path}`, value);
      }
    }
    // The file as it is now has the last word.
    await stack.settings();
    console.log(`${settingsFileOf(stack)} is written. What a deploy would do: \`pulumi preview --stack ${name}\`.
Now: npm run deploy -- ${name}`);
    if (adopted.existing !== undefined) {
      console.log("Before that: docs/adoption.md, for what is there already and is used.");
    }
    if (adopted.ingress !== undefined) {
      console.log("After that: docs/fronts.md, for the web server on ports 80 and 443.");
    }
    return 0;
  },
);

function newStack(name: string): Stack {
  if (!/^([\w.-]+\/){0,2}[\w.-]{1,100}$/.test(name)) {
    throw new UserError(`${name} cannot name a stack: letters, digits, dot, hyphen and underscore can.`);
  }
  if (name === rehearsalStack) {
    throw new UserError(
      `${name} is the stack of the rehearsal, which \`npm start\` brings up: name another.`,
    );
  }
  return new Stack(name, { environment: {}, options: [] });
}
