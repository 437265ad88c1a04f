import { exampleMistakes, exampleSettings } from "../../../support/exampleSettings";

const internet = (value: unknown) => exampleSettings({ presets: { internet: value } }).presets.internet;

function mistakesOf(value: unknown, more: object = {}): readonly string[] {
  return exampleMistakes({ presets: { internet: value }, ...more });
}

test("the preset internet is off unless it is set, and has three kinds of targets by default", () => {
  expect([exampleSettings().presets.internet, internet(false), internet("false")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(internet(true)).toEqual(internet("true"));
  expect(internet(true)?.targets.map(({ kind }) => kind)).toEqual(["https", "dns", "icmp"]);
});

test.each([
  ["https://example.com", { kind: "https", isName: true }],
  ["http://192.168.1.1:8080/a?b=c", { kind: "http", isName: false }],
  ["https://[2001:db8::7]/", { kind: "https", isName: false }],
  ["dns://9.9.9.9/example.com", { kind: "dns", address: "9.9.9.9:53", query: "example.com", isName: false }],
  ["dns://pi.hole:5353/a.b", { kind: "dns", address: "pi.hole:5353", query: "a.b", isName: true }],
  // blackbox_exporter does not take brackets without a port.
  ["dns://[2620:fe::fe]/a.b", { kind: "dns", address: "[2620:fe::fe]:53", query: "a.b", isName: false }],
  ["nas.local:22", { kind: "tcp", isName: true }],
  ["[2001:db8::7]:22", { kind: "tcp", isName: false }],
  ["router.local", { kind: "icmp", isName: true }],
  ["1.1.1.1", { kind: "icmp", isName: false }],
  ["2001:db8::7", { kind: "icmp", isName: false }],
])("the target %s is read", (text, expected) => {
  expect(internet({ targets: [text] })?.targets).toEqual([{ text, address: text, ...expected }]);
});

const allowed = /must be https:\/\/example\.com, http:\/\/example\.com, dns:.*or example\.com \(a ping\)$/;

test.each([
  ["example.com:0", /must have a port from 1 to 65535$/],
  ["example.com:65536", /must have a port from 1 to 65535$/],
  ["https://example.com:0", /must have a port from 1 to 65535$/],
  ["https://example.com:65536", allowed],
  ["Example.com", allowed],
  ["ftp://example.com", allowed],
  ["https://", allowed],
  ["[example.com]:22", allowed],
  ["2001:db8::7]:22", allowed],
  ["fe80::1", allowed],
  ["", /must be up to 200 printable ASCII characters/],
  ["a b", /must be up to 200 printable ASCII characters/],
  ["bücher.example", /xn-- form$/],
  [`https://example.com/${"a".repeat(200)}`, /must be up to 200/],
  ["dns://9.9.9.9", /must end with a name in lower case, as in dns:\/\/9\.9\.9\.9\/example\.com$/],
  ["dns://9.9.9.9/1.1.1.1", /must end with a name/],
  ["dns://9.9.9.9/example.com?type=AAAA", /must end with a name/],
  ["dns://9.9.9.9/a/b", /must end with a name/],
  ["https://example.com/#part", /must not have a user name, a password or a fragment/],
])("the target %j is refused", (text, message) => {
  expect(mistakesOf({ targets: ["1.1.1.1", text] })).toEqual([
    expect.stringMatching(/^pi-monitoring:presets\.internet\.targets\[1\] = /) as string,
  ]);
  expect(mistakesOf({ targets: [text] })[0]).toMatch(message);
});

test.each([
  [
    { nodeExporter: { port: 19115 } },
    "nodes[0].nodeExporter.port is missing: must be another port than that of presets.internet on this master, 19115",
  ],
  [
    { prometheus: { port: 19115 } },
    "nodes[0].prometheus.port is missing: must be another port than that of presets.internet on this master, 19115",
  ],
  [
    { exporters: { blackbox: { port: 19115 } } },
    "nodes[0].exporters.blackbox.port is missing: must be another port than that of presets.internet on this node, 19115",
  ],
])("a port that the probes have is refused: %j", (settings, message) => {
  const mistakes = mistakesOf(true, settings);
  expect(mistakes).toEqual([`pi-monitoring:${message}`]);
  expect(mistakesOf({ port: 9999 }, settings)).toEqual([]);
  expect(mistakesOf(false, settings)).toEqual([]);
});

test("a password in a target is refused, and not shown", () => {
  const [mistake = ""] = mistakesOf({ targets: ["https://pi:raspberry@example.com"] });
  expect(mistake).toMatch(/^pi-monitoring:presets\.internet\.targets\[0\] = …: must not have a user name/);
  for (const target of ["https:/pi:raspberry@nas/", "pi:raspberry@nas:80"]) {
    expect(mistakesOf({ targets: [target] })).toEqual([expect.stringContaining("targets[0] = …: ")]);
  }
});

test("targets are at least one, at most fifty, and unique", () => {
  const many = (count: number): object => ({
    targets: Array.from({ length: count }, (_, index) => `host-${index}`),
  });
  expect(mistakesOf(many(0))).toEqual([
    "pi-monitoring:presets.internet.targets = []: must be a list of 1 to 50 targets",
  ]);
  expect(mistakesOf(many(50))).toEqual([]);
  expect(mistakesOf(many(51))).toEqual([expect.stringMatching(/must be a list of 1 to 50 targets$/)]);
  expect(mistakesOf({ targets: ["1.1.1.1", "a.b", "1.1.1.1"] })).toEqual([
    'pi-monitoring:presets.internet.targets[2] = "1.1.1.1": must be unique; targets[0] is the same',
  ]);
  expect(mistakesOf("yes")).toEqual([
    'pi-monitoring:presets.internet = "yes": must be true, false, or have targets',
  ]);
});
