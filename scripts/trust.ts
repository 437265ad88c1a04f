import { $ } from "./prepare/shell";
import { runCommand, UserError } from "./terminal/command";

/** `npm run trust -- HOST [PORT]`: shows a host's SSH key, to be compared and then put into the settings. */
runCommand({}, async ({ positionals: [host, port = "22"] }) => {
  if (host === undefined) {
    throw new UserError("Whose key? `npm run trust -- HOST [PORT]`");
  }
  const scan = await $({
    nothrow: true,
  })`ssh-keyscan -T 10 -t ed25519,ecdsa,rsa -p ${port} -- ${host}`;
  const keys = scan.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const [first] = keys;
  if (first === undefined) {
    throw new UserError(`${host} does not answer SSH on port ${port}.`);
  }
  const fingerprints = await $({ input: keys.join("\n") })`ssh-keygen -lf -`;
  console.log(`Compare with what the host itself says (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub):
${fingerprints.stdout.trim()}
If they are the same, put this into the settings:
  hostKey: ${first.split(" ").slice(1, 3).join(" ")}`);
  return 0;
});
