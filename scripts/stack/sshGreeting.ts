import { connect } from "node:net";

/** What came of knocking at a machine. */
export type Greeting =
  | { readonly banner: string }
  /** The code of the system's error; `ETIMEDOUT` for one that is silent, `EPROTO` for one that is no SSH server. */
  | { readonly code: string };

/** Listens to how a machine introduces itself, without logging in. */
export function sshGreeting(host: string, port: number, seconds: number): Promise<Greeting> {
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
