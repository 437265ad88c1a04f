/** Every kind of contact point; those that have a URL have this one. */
export function allContactPoints(url: string) {
  return {
    email: {
      to: ["a@example.com"],
      from: "pi@example.com",
      host: "localhost:9",
      user: "pi",
      // In its configuration Grafana would expand `$CRET` and `%(x)s`; in a file of a secret it does not.
      password: "S$CRET%(x)s",
    },
    webhook: { url },
    slack: { url },
    discord: { url },
    telegram: { token: "1:a", chatId: "1" },
    ntfy: { url, token: "tk" },
    heartbeat: { url },
  };
}
