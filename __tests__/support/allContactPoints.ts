import type { Settings } from "../../components/settings/settings";

/**
 * The part of the mail server's password that stays the same also where the rest is expanded: a search for it finds a leak.
 */
export const mailPasswordPart = "-MAIL-PASSWORD";

/** Every kind of contact point. Those that have a URL have one of their own below `url`, which has no slash at its end. */
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
    webhook: { url: `${url}/webhook` },
    slack: { url: `${url}/slack` },
    discord: { url: `${url}/discord` },
    telegram: { token: "1:a", chatId: "-100" },
    ntfy: { url: `${url}/ntfy`, token: "tk" },
    heartbeat: { url: `${url}/heartbeat` },
  } satisfies Record<keyof Settings["contactPoints"], object>;
}
