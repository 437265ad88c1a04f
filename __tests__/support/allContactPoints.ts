/** A part of the mail server's password that nothing expands. */
export const mailPasswordPart = "-MAIL-PASSWORD";

/** Every kind of contact point; those that have a URL have this one. */
export function allContactPoints(url: string) {
  return {
    email: {
      to: ["a@example.com"],
      from: "pi@example.com",
      host: "localhost:9",
      user: "pi",
      // In its configuration Grafana would expand `$HOME` and `%(x)s`; in a file of a secret it does not.
      password: `$HOME${mailPasswordPart}%(x)s`,
    },
    webhook: { url },
    slack: { url },
    discord: { url },
    telegram: { token: "1:a", chatId: "1" },
    ntfy: { url, token: "tk" },
    heartbeat: { url },
  };
}
