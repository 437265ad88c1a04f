import { fetchHostKeys, typeOf } from "../remote/hostKeys";
import { UserError } from "../../components/userError";
import { runCommand } from "../cli/command";

/** `npm run trust -- HOST [PORT]`: shows a host's SSH key, to be compared and then added to the settings. */
runCommand({}, async ({ positionals: [host, port = "22"] }) => {
  if (host === undefined) {
    throw new UserError("Whose key? `npm run trust -- HOST [PORT]`");
  }
  const keys = await fetchHostKeys(host, Number(port));
  const [best] = keys;
  console.log(`Compare with the output on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub):
${keys.map((each) => `${each.fingerprint} (${typeOf(each)})`).join("\n")}
If they are equal, add this to the settings:
  hostKey: ${best.key}`);
  return 0;
});
