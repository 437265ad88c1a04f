import { settingsFor } from "./checks/adoption";
import type { Flags } from "./flags";
import type { QuestionLoop } from "./questionLoop";
import {
  domainQuestion,
  emailQuestion,
  influxQuestion,
  machinesQuestion,
  nodesQuestion,
  sudoQuestion,
  vpsQuestion,
} from "./questions";
import type { Answers } from "./settingsFrom";

/** @throws UserError with every mistake at once, if there is no terminal */
export async function askQuestions(loop: QuestionLoop, flags: Flags): Promise<Answers> {
  const domain = await loop.ask(domainQuestion(flags));
  const server = await loop.ask(vpsQuestion(flags, domain));
  const identified = await loop.ask(nodesQuestion(flags));
  const {
    vps,
    nodes,
    existing,
    askingForPassword: machines = [],
  } = (await loop.ask(machinesQuestion(flags, server, identified))) ?? {};
  const password = machines.length === 0 ? null : await loop.ask(await sudoQuestion(flags, machines));
  const adopted = existing === undefined ? {} : settingsFor(existing);
  const influxdb =
    vps === undefined || adopted.influxdb === undefined
      ? undefined
      : await loop.ask(await influxQuestion(flags, vps, existing?.influxdb?.container));
  const email = await loop.ask(await emailQuestion(flags));
  if (
    domain === undefined ||
    vps === undefined ||
    nodes === undefined ||
    password === undefined ||
    (influxdb === undefined && adopted.influxdb !== undefined) ||
    email === undefined
  ) {
    throw loop.failure();
  }
  const answers = { domain, vps, nodes, email, adopted, influxdb };
  return password === null ? answers : { ...answers, sudo: { password, machines } };
}
