import { type Address, parseAddress } from "../init/sshAddress";
import { fetchHostKeys, fetchHostKeysThrough, showHostKeys, typeOf } from "../remote/hostKeys";
import { UserError } from "../../components/userError";
import { requireArgument, runCommand } from "../cli/command";

const options = { jump: { type: "string" } } as const;

/**
 * `npm run trust -- HOST[:PORT] [--jump [USER@]HOST[:PORT]]`: shows a host's SSH keys, to be compared and then added to the
 * settings.
 */
runCommand({ maxWords: 1, options }, async ({ positionals: [address], values: { jump } }) => {
  requireArgument(address, "Which host? `npm run trust -- HOST[:PORT] [--jump [USER@]HOST[:PORT]]`");
  const { host, port } = addressIn(address);
  const keys = await (jump === undefined
    ? fetchHostKeys(host, port)
    : fetchHostKeysThrough(addressIn(jump), host, port));
  const [best] = keys;
  console.log(`Compare with the output on the host itself (${showHostKeys}):
${keys.map((each) => `${each.fingerprint} (${typeOf(each)})`).join("\n")}
If they are equal, add this to the settings:
  hostKey: ${best.key}`);
  return 0;
});

function addressIn(text: string): Address {
  const address = parseAddress(text);
  if (!Number.isInteger(address.port) || address.port < 1 || address.port > 65535) {
    throw new UserError(`${text} has no port from 1 to 65535.`);
  }
  return address;
}
