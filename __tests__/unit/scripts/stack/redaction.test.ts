import { redact, secretsOf } from "../../../../scripts/stack/redaction";
import { Stack } from "../../../../scripts/stack/stack";

/** As `pulumi stack export --show-secrets` marks a secret. */
const secret = (value: unknown): object => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

class RecordedStack extends Stack {
  constructor(private readonly answers: Readonly<Record<string, unknown>>) {
    super("home", { environment: {}, options: [] });
  }

  override pulumi(...words: string[]): Promise<string> {
    return Promise.resolve(JSON.stringify(this.answers[words[0] ?? ""]));
  }
}

const privateKey = "-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END KEY-----\n";

const stack = new RecordedStack({
  stack: {
    deployment: {
      resources: [
        { urn: "urn:password", outputs: { result: secret("a/generated+password"), length: 20 } },
        {
          urn: "urn:command",
          inputs: {
            connection: secret({ host: "kube-1.local", user: "pi", port: 22, privateKey }),
            stdin: secret('token="quoted token"\nset -eu\n'),
          },
          outputs: { stdout: secret("0a1b\nthe-token-on-its-own-line\n") },
        },
      ],
    },
  },
  config: {
    "pi-monitoring:domain": { value: "example.com", secret: false },
    "pi-monitoring:contactPoints": { value: '{"ntfy":{"token":"tk_1234"}}', secret: true },
    "pi-monitoring:scrape": {
      value:
        '[{"job_name":"router","scheme":"https","basic_auth":{"username":"scraper","password":"hunter22"}}]',
      secret: true,
    },
  },
});

test.each([
  { where: "an output", text: "is a/generated+password.", shown: "is [secret]." },
  { where: "a settings file", text: "Bearer tk_1234", shown: "Bearer [secret]" },
  { where: "a job", text: "-u scraper:hunter22", shown: "-u scraper:[secret]" },
  { where: "a line of what a command has printed", text: "the-token-on-its-own-line", shown: "[secret]" },
  { where: "a line of a private key", text: "b3BlbnNzaC1rZXktdjEAAAAA", shown: "[secret]" },
  { where: "a script, as JSON", text: '"token=\\"quoted token\\"', shown: '"[secret]' },
  { where: "colours", text: "\u001b[31ma/generated+password\u001b[0m", shown: "[secret]" },
])("a secret in $where does not show", async ({ text, shown }) => {
  expect(redact(text, await secretsOf(stack))).toBe(shown);
});

test("what is no secret shows, the name of a machine above all", async () => {
  const text = "cannot reach pi@kube-1.local:22, set -eu, https://example.com, the job router";
  expect(redact(text, await secretsOf(stack))).toBe(text);
});
