import { prepareParsers } from "../../scripts/rehearsal/toolchain/parsers";

/** Puts the parsers on the PATH of the tests. */
export default async function prepare(): Promise<void> {
  Object.assign(process.env, await prepareParsers((message) => process.stderr.write(`${message}\n`)));
}
