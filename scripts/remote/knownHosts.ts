import { $ } from "../cli/shell";
import { connectTimeoutSeconds } from "./sshGreeting";

/** Whether `ssh` trusts the host key of a machine. */
export type Answer =
  | { readonly trust: "known" | "unknown"; readonly fingerprint: string }
  | {
      readonly trust: "changed";
      readonly fingerprint: string;
      /** The name, the file and the line of the other key. */
      readonly name: string;
      readonly file: string;
      readonly line: string;
    }
  /** The key is revoked, or `ssh` does not get as far as a key. */
  | { readonly trust: "none"; readonly reason: string };

/**
 * Asks `ssh`, with the user's own configuration, whether it trusts a machine, without logging in.
 *
 * @param type of the host key to ask for; the one that `ssh` asks for by itself, if none
 */
export async function askSsh(host: string, port: number, type?: string): Promise<Answer> {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "PreferredAuthentications=none",
    "FingerprintHash=sha256",
    `ConnectTimeout=${connectTimeoutSeconds}`,
    // As a deploy logs in: by no other name and through no proxy.
    `HostName=${host}`,
    "ProxyCommand=none",
    // A shared login would not check the key again.
    "ControlPath=none",
    "NoHostAuthenticationForLocalhost=no",
    "UpdateHostKeys=no",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ClearAllForwardings=yes",
    ...(type === undefined ? [] : [`HostKeyAlgorithms=${type}`]),
  ].flatMap((option) => ["-o", option]);
  const run = $({ nothrow: true, timeout: `${2 * connectTimeoutSeconds}s` });
  const { stderr } = await run`ssh -v ${options} -p ${port} -- ${host} true`;
  return readAnswer(stderr);
}

/** Lines with a text of the machine. It may contain line breaks, and so lines that look like those of `ssh`. */
const quotes = /^(debug1: Remote: |Received disconnect from |Unable to negotiate with )/m;

/** @param output of `ssh -v`, with StrictHostKeyChecking */
export function readAnswer(output: string): Answer {
  const text = output.replaceAll("\r", "");
  const own = text.slice(0, quotes.exec(text)?.index);
  const fingerprint = /^debug1: Server host (?:key|certificate): \S+ (SHA256:[^\s,]+)/m.exec(own)?.[1];
  if (fingerprint !== undefined) {
    const [, name] =
      /^(?:\S+ )?host key for (.+) has changed and you have requested strict checking\.$/im.exec(own) ?? [];
    if (name !== undefined) {
      const [, file = "known_hosts", line = "?"] = /^Offending .*key in (.+):(\d+)$/m.exec(own) ?? [];
      return { trust: "changed", fingerprint, name, file, line };
    }
    if (/^No .+ host key is known for .+ and you have requested strict checking\.$/m.test(own)) {
      return { trust: "unknown", fingerprint };
    }
    // New keys come after the host key and its signature were checked. The ID of a certificate may look like them.
    if (/^debug1: SSH2_MSG_NEWKEYS sent$/m.test(own) && !/^Host key verification failed\.$/m.test(own)) {
      return { trust: "known", fingerprint };
    }
  }
  const lines = text.split("\n").filter((line) => line !== "" && !/^(debug\d: |OpenSSH_|@)/.test(line));
  return { trust: "none", reason: lines.join(" ") };
}
