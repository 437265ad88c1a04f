import { $ } from "../cli/shell";
import { patience } from "./sshGreeting";

/** Whether `ssh` trusts the host key that a machine shows it. */
export type Answer =
  | { readonly trust: "known" | "unknown"; readonly fingerprint: string }
  | {
      readonly trust: "changed";
      readonly fingerprint: string;
      /** Where the other key is, and by which name. */
      readonly name: string;
      readonly file: string;
      readonly line: string;
    }
  /** The key is revoked, or `ssh` does not get as far as a key. */
  | { readonly trust: "none"; readonly reason: string };

/**
 * Asks `ssh`, with the user's own configuration, whether it trusts a machine. Nobody logs in.
 *
 * @param type of the host key to ask for; the one that `ssh` asks for by itself, if none
 */
export async function askSsh(host: string, port: number, type?: string): Promise<Answer> {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "PreferredAuthentications=none",
    "FingerprintHash=sha256",
    `ConnectTimeout=${patience}`,
    // The machine that a deploy logs in to, which goes neither by another name nor by another way.
    `HostName=${host}`,
    "ProxyCommand=none",
    // A login that goes on checks nothing again.
    "ControlPath=none",
    "NoHostAuthenticationForLocalhost=no",
    "UpdateHostKeys=no",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ClearAllForwardings=yes",
    ...(type === undefined ? [] : [`HostKeyAlgorithms=${type}`]),
  ].flatMap((option) => ["-o", option]);
  const { stderr } = await $({
    nothrow: true,
    timeout: `${2 * patience}s`,
  })`ssh -v ${options} -p ${port} -- ${host} true`;
  return readAnswer(stderr);
}

/** Lines that quote the machine, which can put line breaks in, and so lines that look like those of `ssh`. */
const quotes = /^(debug1: Remote: |Received disconnect from |Unable to negotiate with )/m;

/** @param said what `ssh -v` prints, with StrictHostKeyChecking */
export function readAnswer(said: string): Answer {
  const text = said.replaceAll("\r", "");
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
