import { scripts } from "../../../../package.json";
import { presetRules } from "../../../../components/alerts/presetRules";
import { rules } from "../../../../components/alerts/rules";
import { freshSeconds } from "../../../../scripts/doctor/sampleLimits";
import { allPresets, exampleNode, exampleSettings } from "../../../support/exampleSettings";
import { setUpAt } from "../../../support/recordResources";

const credentialsMadeAt = { telegraf: setUpAt };

function ruleOf(uid: string, changes: object = {}) {
  const found = rules(exampleSettings(changes), credentialsMadeAt).find((rule) => rule.uid === uid);
  if (found === undefined) {
    throw new Error(`there is no rule ${uid}`);
  }
  return found;
}

const withPresets = exampleSettings(allPresets);
const all = [...rules(withPresets, credentialsMadeAt), ...presetRules(withPresets)];

test("every rule has another name", () => {
  expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
});

describe.each(all)("the messages of $uid", ({ summary, description }) => {
  test("are not empty, and have no `$`, which Grafana would expand", () => {
    expect(summary).toMatch(/^[^$]{10,}$/);
    expect(description).toMatch(/^[^$]{30,}$/);
  });

  test("name commands of package.json, with the stack", () => {
    for (const [, name = "", words] of description.matchAll(/npm run (\S+)([^`]*)/g)) {
      expect(Object.keys(scripts)).toContain(name);
      const takesOption = ["rotate", "alert-test"].includes(name);
      expect(words).toMatch(takesOption ? / -- (.* )?--stack test$/ : / -- test( |$)/);
    }
  });
});

test("a node that may be off is not expected, and all others are", () => {
  const nodes = [exampleNode("kube-0", { master: true }), exampleNode("kube-1", { mayBeOff: true })];
  expect(ruleOf("node-silent", { nodes }).query).toContain('set: ["kube-0.local"]');
});

test("every master is expected to send, and every node to answer, by whichever master it is scraped", () => {
  const nodes = [
    exampleNode("kube-0", { master: true }),
    exampleNode("kube-1", { scrapedBy: "kube-0" }),
    exampleNode("kube-2", { master: true }),
  ];
  const rows = (uid: string): string[] => ruleOf(uid, { nodes }).query.match(/\{node_name: "[^"]+"/g) ?? [];
  expect(rows("node-silent")).toEqual([0, 1, 2].map((each) => `{node_name: "kube-${each}.local"`));
  expect(rows("remote-write-stalled")).toEqual([0, 2].map((each) => `{node_name: "kube-${each}.local"`));
  expect(ruleOf("remote-write-stalled", { nodes }).query).toContain('set: ["kube-0.local", "kube-2.local"]');
});

test.each([
  [
    "node-silent",
    "every node may be off",
    { nodes: [exampleNode("kube-0", { master: true, mayBeOff: true })] },
  ],
  ["credential-due", "no credential is ever due", { rotateAfterDays: 0 }],
  ["backup-old", "the VPS makes no backups", {}],
  ["heartbeat", "no monitor expects it", {}],
])("the rule %s is paused where %s", (uid, _, changes) => {
  expect(ruleOf(uid, changes).paused).toBe(true);
});

test.each([
  // Two scrapes and 30 seconds, at least 120.
  ["15s", 120],
  ["1m", 150],
  ["10m", 1230],
])("with a scrape every %s, a node is silent after %d seconds without one", (scrapeInterval, lookBack) => {
  const prometheus = { scrapeInterval };
  expect(ruleOf("node-silent", { prometheus }).lookBack).toBe(lookBack);
  expect(ruleOf("remote-write-stalled", { prometheus }).fires).toEqual({ above: lookBack });
  expect(ruleOf("temperature", { prometheus }).lookBack).toBeGreaterThanOrEqual(lookBack);
  // A person who runs doctor sees it earlier.
  expect(freshSeconds(exampleSettings({ prometheus }))).toBeLessThan(lookBack);
});

test("the limits are those of the settings", () => {
  const alerts = { temperatureCelsius: 60, silentMinutes: 1, diskFullHours: 48 };
  expect(ruleOf("temperature", { alerts }).fires).toEqual({ above: 60 });
  expect(ruleOf("node-silent", { alerts }).forSeconds).toBe(60);
  expect(ruleOf("disk-full", { alerts }).fires).toEqual({ below: 48 });
});
