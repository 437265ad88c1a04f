import type { Settings } from "../../components/settings/settings";

/**
 * The part of the mail server's password that stays the same also where the rest is expanded: a search for it finds a leak.
 */
export const mailPasswordPart = "-MAIL-PASSWORD";

/** Every kind of contact point; those that have a URL have this one. */
export function allContactPoints(url: string) {
  return {
    email: {
      to: ["a@example.com"],
      from: "pi@example.com",
      // Nothing listens there.
      host: "localhost:9",
      user: "pi",
      // In its configuration Grafana would expand `$HOME` and `%(x)s`; in a file that `$__file{...}` names it does not.
      password: `$HOME${mailPasswordPart}%(x)s`,
    },
    webhook: { url },
    slack: { url },
    discord: { url },
    telegram: { token: "1:a", chatId: "-100" },
    ntfy: { url, token: "tk" },
    heartbeat: { url },
  } satisfies Record<keyof Settings["contactPoints"], object>;
}
