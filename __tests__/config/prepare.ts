import { prepareParsers } from "../../scripts/prepare/parsers";

/** Puts the parsers on the PATH of the tests. */
export default async function prepare(): Promise<void> {
  Object.assign(process.env, await prepareParsers((message) => process.stderr.write(`${message}\n`)));
}
