/**
 * Every kind of contact point, each at this address.
 *
 * @param url of an address that may be called, or that nothing answers at
 */
export function allContactPoints(url: string) {
  return {
    email: {
      to: ["a@example.com"],
      from: "pi@example.com",
      host: "localhost:9",
      user: "pi",
      // Grafana would expand either, were it not in a file.
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
