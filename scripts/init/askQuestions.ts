import { settingsFor } from "./checks/adoption";
import type { Node } from "./checks/nodes";
import type { Flags } from "./flags";
import type { Interview } from "./questionLoop";
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

export interface AllAnswers extends Answers {
  /** Set if sudo asks for a password on nodes. */
  readonly sudo?: { readonly password: string; readonly machines: readonly Node[] };
}

/** @throws UserError with every mistake at once, if there is no terminal */
export async function askQuestions(interview: Interview, flags: Flags): Promise<AllAnswers> {
  const domain = await interview.answer(domainQuestion(flags));
  const server = await interview.answer(vpsQuestion(flags, domain));
  const identified = await interview.answer(nodesQuestion(flags));
  const {
    vps,
    nodes,
    existing,
    askingForPassword: machines = [],
  } = (await interview.answer(machinesQuestion(flags, server, identified))) ?? {};
  const password = machines.length === 0 ? null : await interview.answer(await sudoQuestion(flags, machines));
  const adopted = existing === undefined ? {} : settingsFor(existing);
  const influxdb =
    vps === undefined || adopted.influxdb === undefined
      ? undefined
      : await interview.answer(await influxQuestion(flags, vps, existing?.influxdb?.container));
  const email = await interview.answer(await emailQuestion(flags));
  if (
    domain === undefined ||
    vps === undefined ||
    nodes === undefined ||
    password === undefined ||
    (influxdb === undefined && adopted.influxdb !== undefined) ||
    email === undefined
  ) {
    throw interview.failure();
  }
  const answers = { domain, vps, nodes, email, adopted, influxdb };
  return password === null ? answers : { ...answers, sudo: { password, machines } };
}
