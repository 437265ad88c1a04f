import { connect, isIPv6 } from "node:net";

/** Seconds within which a machine must answer. */
export const connectTimeoutSeconds = 10;

/** The answer of a machine to a connection on its SSH port. */
export type Greeting =
  | { readonly banner: string }
  /** The code of the system's error; `ETIMEDOUT` for no answer, `EPROTO` for the answer of another protocol. */
  | { readonly code: string };

/** Reads the banner of an SSH server, without logging in. */
export function sshGreeting(host: string, port: number, seconds = connectTimeoutSeconds): Promise<Greeting> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (greeting: Greeting): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(greeting);
    };
    // A machine that hangs accepts the connection and never answers.
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
 * Why a machine does not answer, and what to do.
 *
 * @param code of a greeting that failed
 */
export function explainSilence(code: string, host: string, port: number): string {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return host.endsWith(".local")
        ? `${host}: no machine on this network has that name. Is it switched on? Such a name needs avahi-daemon there, and libnss-mdns on a Linux machine here; an address works as well.`
        : `${host}: there is no such name in the DNS.`;
    case "ECONNREFUSED":
      return `${host} is there, but nothing answers on port ${port}: switch SSH on (\`sudo systemctl enable --now ssh\` there), or give its port as ${isIPv6(host) ? `[${host}]` : host}:PORT.`;
    case "EPROTO":
      return `${host} answers on port ${port}, but not as an SSH server does.`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${host}: that address cannot be reached from here (${code}).`;
    default:
      return `${host} does not answer on port ${port} within ${connectTimeoutSeconds} seconds: is it switched on, and does a firewall let SSH in?`;
  }
}
