import { parse } from "yaml";
import { renderContactPoints } from "../../../../components/alerts/provisioning";
import { acceptedUrls, refusedUrls } from "../../../support/contactUrls";
import { makeCertificate } from "../../../support/certificate";
import { exampleMistakes, exampleSettings } from "../../../support/exampleSettings";
import { temporaryFolder } from "../../../support/temporaryFolder";

interface ContactPointsFile {
  readonly contactPoints: { receivers: { uid: string; settings: Record<string, unknown> }[] }[];
}

/** The settings of a contact point in Grafana's provisioning file. */
function provisioned(contactPoints: object, kind: string): Record<string, unknown> {
  const file = parse(renderContactPoints(exampleSettings({ contactPoints }))) as ContactPointsFile;
  const all = file.contactPoints.flatMap(({ receivers }) => receivers);
  const found = all.find(({ uid }) => uid === `pi-monitoring-to-${kind}`)?.settings;
  if (found === undefined) {
    throw new Error(`there is no ${kind}`);
  }
  return found;
}

function mistakes(contactPoints: object): readonly string[] {
  return exampleMistakes({ contactPoints });
}

describe.each(["webhook", "slack", "discord"])("the URL of %s", (kind) => {
  test.each(acceptedUrls)("%s is what Grafana calls", (url) => {
    expect(provisioned({ [kind]: { url } }, kind)).toEqual({ url });
  });

  test.each(refusedUrls)("%j is refused", (url) => {
    expect(mistakes({ [kind]: { url } })).toEqual([
      expect.stringContaining(`pi-monitoring:contactPoints.${kind}.url = …: must be an http or https URL`),
    ]);
  });
});

test.each([
  ["https://ntfy.sh/topic", "https://ntfy.sh/topic?template=grafana"],
  ["https://ntfy.sh/topic?", "https://ntfy.sh/topic?template=grafana"],
  ["https://ntfy.sh/topic?priority=5", "https://ntfy.sh/topic?priority=5&template=grafana"],
  ["https://ntfy.sh/topic?a=%20b#c?d", "https://ntfy.sh/topic?a=%20b&template=grafana#c?d"],
  ["http://me:secret@[2001:db8::7]:8080/t", "http://me:secret@[2001:db8::7]:8080/t?template=grafana"],
])("ntfy at %s is called at %s", (url, called) => {
  expect(provisioned({ ntfy: { url } }, "ntfy")).toEqual({ url: called });
  expect(new URL(called).searchParams.get("template")).toBe("grafana");
});

test("a topic of ntfy takes a token or a user name, not both", () => {
  const ntfy = { url: "https://me:secret@ntfy.sh/topic", token: "tk" };
  expect(mistakes({ ntfy })).toEqual([
    "pi-monitoring:contactPoints.ntfy.token = …: must be left out, as the URL has a user name and a password",
  ]);
});

const relay = "http://heartbeat-relay:8082/";

test.each<[string, object, string]>([
  [
    "Uptime Kuma as it shows its address",
    { url: "https://kuma.example.com/api/push/gR4Zq0e1Xy?status=up&msg=OK&ping=" },
    relay,
  ],
  ["Uptime Kuma below a path", { url: "http://nas.local:3001/kuma/api/push/gR4Zq0e1Xy" }, relay],
  [
    "Uptime Kuma 2 by POST",
    { url: "https://kuma.example.com/api/push/x", method: "POST" },
    "https://kuma.example.com/api/push/x",
  ],
  ["another that takes GET only", { url: "https://example.com/alive?id=7", method: "GET" }, relay],
  ["a cron monitor", { url: "https://hc-ping.com/x" }, "https://hc-ping.com/x"],
  [
    "a cron monitor whose query looks like Uptime Kuma's path",
    { url: "https://example.com/?to=/api/push/x" },
    "https://example.com/?to=/api/push/x",
  ],
])("the heartbeat of %s", (_, heartbeat, url) => {
  expect(provisioned({ heartbeat }, "heartbeat")).toEqual({ url });
});

test.each(["https://192.0.2.1/api/push/x", "https://[2001:db8::7]/api/push/x"])(
  "a certificate for an IP address cannot be checked by the relay: %s",
  (url) => {
    expect(mistakes({ heartbeat: { url } })).toEqual([expect.stringContaining("must have a host name")]);
    expect(mistakes({ heartbeat: { url: url.replace("https", "http") } })).toEqual([]);
    expect(mistakes({ heartbeat: { url, method: "POST" } })).toEqual([]);
  },
);

const folder = temporaryFolder();
const email = { to: ["a@example.com"], from: "pi@example.com", host: "smtp.example.com:587" };
const local64 = "l".repeat(64);
const domain189 = `${"d".repeat(63)}.${"d".repeat(63)}.${"d".repeat(57)}.org`;

test.each([
  "pi+alerts@example.com",
  "first.last@mail.example.co.uk",
  "o'neil%x=y@example.com",
  "pi@xn--kche-0ra.example",
  `${local64}@example.com`,
  `${local64}@${domain189}`,
])("the e-mail address %s is the sender's and the receiver's", (address) => {
  expect(address.length).toBeLessThanOrEqual(254);
  const to = [address, "b@example.com"];
  expect(provisioned({ email: { ...email, from: address, to } }, "email")).toMatchObject({
    addresses: `${address};b@example.com`,
  });
});

test.each([
  "pi",
  "pi@",
  "@example.com",
  "<pi@example.com>",
  "Pi <pi@example.com>",
  '"pi"@example.com',
  "pi@example.com;b@example.com",
  "pi$x@example.com",
  "pi%(x)s@example.com",
  "pí@example.com",
  "pi@küche.example",
  "pi..x@example.com",
  ".pi@example.com",
  "pi@example..com",
  "pi@-example.com",
  "pi\\@example.com",
  "pi@[192.0.2.1]",
  `l${local64}@example.com`,
  `${local64}@d${domain189}`,
])("the e-mail address %s is refused", (address) => {
  expect(mistakes({ email: { ...email, to: [address] } })).toEqual([
    expect.stringContaining("contactPoints.email.to[0] = …: must be an e-mail address"),
  ]);
  expect(mistakes({ email: { ...email, from: address } })).toEqual([
    expect.stringContaining("contactPoints.email.from = …: must be an e-mail address"),
  ]);
});

// Grafana does not start with such a sender.
test.each(["pi@localhost", "pi@example.c0", "pi@192.0.2.1"])(
  "%s may get mail, and not send it",
  (address) => {
    expect(mistakes({ email: { ...email, to: [address] } })).toEqual([]);
    expect(mistakes({ email: { ...email, from: address } })).toHaveLength(1);
  },
);

test.each([
  "smtp.example.com:25",
  "smtp.example.com:465",
  "localhost:1",
  "mail_relay:65535",
  "Mail.Example.com:587",
  "192.0.2.1:25",
  "[2001:db8::25]:587",
])("the mail server %s can be used", (host) => {
  expect(mistakes({ email: { ...email, host } })).toEqual([]);
});

test.each([
  "smtp.example.com",
  "smtp.example.com:0",
  "smtp.example.com:65536",
  "192.0.2.256:25",
  "192.0.2.01:25",
  "[2001:db8::zz]:25",
  "2001:db8::25:587",
  "smtp..example.com:25",
  "smtp://example.com:25",
  "$(x):25",
  `${"h".repeat(64)}.example.com:25`,
])("the mail server %s is refused", (host) => {
  expect(mistakes({ email: { ...email, host } })).toEqual([
    expect.stringContaining("contactPoints.email.host = …: must be a host name or an address and a port"),
  ]);
});

test.each(["S$CRET%(x)s", "in the middle", "pässwört", "a\\b\"c'd"])(
  "the password %s is taken",
  (password) => {
    expect(mistakes({ email: { ...email, user: "pi", password } })).toEqual([]);
  },
);

// Grafana would leave a blank at either end out, and the file has one line.
test.each([" secret", "secret ", "secret\t", "secret\r", "secret\u00a0", "two\nlines", ""])(
  "the password %j is refused",
  (password) => {
    expect(mistakes({ email: { ...email, user: "pi", password } })).toEqual([
      "pi-monitoring:contactPoints.email.password = …: must be one line without a blank at its beginning or end",
    ]);
  },
);

test("a user of a mail server has a password, and a password has a user", () => {
  expect(mistakes({ email: { ...email, user: "pi" } })).toEqual([
    "pi-monitoring:contactPoints.email.password is missing: a user needs a password",
  ]);
  expect(mistakes({ email: { ...email, password: "x" } })).toEqual([
    "pi-monitoring:contactPoints.email.user is missing: a password needs a user",
  ]);
});

test("a mail server's own certificate is in PEM, and without a key", () => {
  const { certificate, key } = makeCertificate(folder, "mail.example.com");
  expect(mistakes({ email: { ...email, ca: certificate } })).toEqual([]);
  expect(mistakes({ email: { ...email, ca: `${certificate}\n${certificate}` } })).toEqual([]);
  for (const ca of ["", "/etc/ssl/mail.pem", certificate.slice(0, -40), key + certificate]) {
    expect(mistakes({ email: { ...email, ca } })).toEqual([
      expect.stringContaining("contactPoints.email.ca = …: must be one or more certificates in PEM"),
    ]);
  }
});
