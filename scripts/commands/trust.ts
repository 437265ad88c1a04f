import { parseAddress } from "../init/sshAddress";
import { fetchHostKeys, showHostKeys, typeOf } from "../remote/hostKeys";
import { UserError } from "../../components/userError";
import { requireArgument, runCommand } from "../cli/command";

/** `npm run trust -- HOST[:PORT]`: shows a host's SSH keys, to be compared and then added to the settings. */
runCommand({ words: 1 }, async ({ positionals: [address] }) => {
  requireArgument(address, "Which host? `npm run trust -- HOST[:PORT]`");
  const { host, port } = parseAddress(address);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UserError(`${address} has no port from 1 to 65535.`);
  }
  const keys = await fetchHostKeys(host, port);
  const [best] = keys;
  console.log(`Compare with the output on the host itself (${showHostKeys}):
${keys.map((each) => `${each.fingerprint} (${typeOf(each)})`).join("\n")}
If they are equal, add this to the settings:
  hostKey: ${best.key}`);
  return 0;
});
