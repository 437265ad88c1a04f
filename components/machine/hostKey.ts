/**
 * The types of host keys that Pulumi's command provider can check, the best first. Of a machine with several keys it asks
 * for the one of that type.
 */
export const hostKeyTypes: readonly string[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
];

/** Why a key of RSA is refused. Source: `SSHConfig` of pulumi-command 1.2.1, release notes of OpenSSH 8.8 */
export const noRsa =
  "Pulumi asks for an RSA key's signature with SHA-1, which OpenSSH 8.8 and newer do not give";

/** What is wrong with a host key that has the form of one. */
export function hostKeyMistake(hostKey: string): string | undefined {
  const [type = "", base64 = "", ...more] = hostKey.split(" ");
  const hint = "`npm run trust -- HOST` shows one that works";
  if (type === "ssh-rsa") {
    return `must not be an RSA key, as ${noRsa}; ${hint}`;
  }
  const isComplete = !hostKeyTypes.includes(type) || more.length > 0 || isKeyOf(type, base64);
  return isComplete ? undefined : `must be a complete key of the type in front of it; ${hint}`;
}

/** Whether a blob has its type first, and all fields of that. Source: RFC 8709, section 4; RFC 5656, section 3.1 */
function isKeyOf(type: string, base64: string): boolean {
  const blob = Buffer.from(base64, "base64");
  const fields: string[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at);
    fields.push(blob.toString("latin1", at + 4, end));
    at = end;
  }
  const count = type === "ssh-ed25519" ? 2 : 3;
  return at === blob.length && fields.length === count && fields[0] === type;
}
