import { connect, isIPv6 } from "node:net";

/** Seconds that a machine has to answer. */
export const patience = 10;

/** What came of knocking at a machine. */
export type Greeting =
  | { readonly banner: string }
  /** The code of the system's error; `ETIMEDOUT` for one that is silent, `EPROTO` for one that is no SSH server. */
  | { readonly code: string };

/** Listens to how a machine introduces itself, without logging in. */
export function sshGreeting(host: string, port: number, seconds = patience): Promise<Greeting> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (greeting: Greeting): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(greeting);
    };
    // One that hangs takes a connection and never says a word.
    const timer = setTimeout(finish, seconds * 1000, { code: "ETIMEDOUT" });
    socket
      .once("data", (data) => {
        const banner = data.toString("latin1");
        // Source: RFC 4253, section 4.2
        finish(banner.startsWith("SSH-") ? { banner } : { code: "EPROTO" });
      })
      .once("error", ({ code = "EIO" }: NodeJS.ErrnoException) => {
        finish({ code });
      })
      .once("end", () => {
        finish({ code: "EPROTO" });
      });
  });
}

/**
 * What a person can do about it.
 *
 * @param code of a greeting that failed
 */
export function explainSilence(code: string, host: string, port: number): string {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return host.endsWith(".local")
        ? `${host}: nobody on this network has that name. Is it switched on? Such a name takes avahi-daemon there, and on a Linux machine here libnss-mdns; an address serves as well.`
        : `${host}: there is no such name in the DNS.`;
    case "ECONNREFUSED":
      return `${host} is there, but nothing answers on port ${port}: switch SSH on (\`sudo systemctl enable --now ssh\` there), or give its port as ${isIPv6(host) ? `[${host}]` : host}:PORT.`;
    case "EPROTO":
      return `${host} answers on port ${port}, but not as an SSH server does.`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${host}: there is no way to that address from here (${code}).`;
    default:
      return `${host} does not answer on port ${port} within ${patience} seconds: is it switched on, and does a firewall let SSH in?`;
  }
}
