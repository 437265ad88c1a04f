import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import type { Row } from "./influx";
import { evaluate, provisionedRules, type Rule, unknownLabels } from "./provisioned";

/** A fault, and the one rule that it brings over its threshold. */
export interface Fault {
  readonly what: string;
  readonly uid: string;
  /** All nodes or other things for which the rule is over its threshold, as `nameOf` calls them. */
  readonly names: readonly string[];
  readonly happen: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
  /** Whether the rule sees the fault for some time after its end: as long as it looks back. */
  readonly lasts?: boolean;
}

/** What a result of a rule is about. The other labels describe it further. */
function nameOf(labels: Row): string {
  const { node_name: node, instance, disk, metric } = labels;
  const known = [node, instance, disk, metric].filter((label) => label !== undefined);
  return known.join(" ") || (Object.values(labels)[0] ?? "no label");
}

/** Seconds in which samples from before the end of a fault may still arrive: textfiles are written every 15. */
const arrival = 60;

/** The provisioned rules. Their queries and thresholds are evaluated here, without `for`: how long a rule waits. */
export class RuleWatch {
  private constructor(
    private readonly token: string,
    readonly rules: readonly Rule[],
    private readonly since: Date,
  ) {}

  /**
   * The rules as they are provisioned now.
   *
   * @param since the rules see nothing from before this time, such as faults of an earlier run; all, unless set
   */
  static async of(stack: Stack, since = new Date(0)): Promise<RuleWatch> {
    return new RuleWatch((await stack.outputs()).grafanaToken, await provisionedRules(), since);
  }

  /** @param uid without the prefix that all have */
  rule(uid: string): Rule {
    const found = this.rules.find((each) => each.uid === `pi-monitoring-${uid}`);
    if (found === undefined) {
      throw new Error(`there is no rule ${uid}`);
    }
    return found;
  }

  /** The nodes, or other things, for which a rule has a value, and those for which it is over its threshold. */
  async look(uid: string, at = this.soonest(uid)) {
    const rule = this.rule(uid);
    const results = await evaluate(this.token, rule, at);
    const names = (of: typeof results): string[] => of.map(({ labels }) => nameOf(labels)).sort();
    return {
      all: names(results),
      over: names(results.filter(({ fires }) => fires)),
      /** Labels that the message uses, and that are not there. */
      unknown: unknownLabels(rule, results),
    };
  }

  /** Now, or when a rule looks back no further than it may see. */
  private soonest(uid: string): Date {
    return new Date(Math.max(Date.now(), this.since.getTime() + 1000 * this.lookBack(uid)));
  }

  /** In seconds. */
  private lookBack(uid: string): number {
    return this.rule(uid).data[0].relativeTimeRange.from;
  }

  /** Waits until a rule is over its threshold for exactly these. */
  async expectOver(uid: string, names: readonly string[], seconds: number): Promise<void> {
    const look = async (): Promise<void> => {
      expect((await this.look(uid)).over).toEqual([...names].sort());
    };
    // Several rules are waited for at once, each for minutes.
    await eventually(`${uid} of ${names.join(", ") || "nothing"}`, seconds, look, 5);
  }

  /** Causes a fault and waits for its rule, ends the fault and waits for the rule again. */
  async expectFound({ uid, names, happen, end, lasts = false }: Omit<Fault, "what">): Promise<void> {
    await this.expectOver(uid, [], 120);
    try {
      await happen();
      // Telegraf looks at its files every minute, and a node is silent after two.
      await this.expectOver(uid, names, 300);
    } finally {
      await end();
    }
    await (lasts ? this.expectOverLater(uid, names) : this.expectOver(uid, [], 300));
  }

  /** Waits until a rule that sees only samples from after the fault has values of these names, and is not over its threshold. */
  async expectOverLater(uid: string, names: readonly string[]): Promise<void> {
    const later = new Date(Date.now() + 1000 * (arrival + this.lookBack(uid)));
    const look = async (): Promise<void> => {
      const { all, over } = await this.look(uid, later);
      expect({ all, over }).toEqual({ all: expect.arrayContaining([...names]) as string[], over: [] });
    };
    await eventually(`${uid} of nothing at ${later.toISOString()}`, arrival + 240, look, 5);
  }
}

/**
 * A test for each fault. Those of a group happen at once, to save time: none of them concerns the rule of another.
 *
 * @param watch the rules, once they are deployed
 */
export function testFaults(groups: readonly (readonly Fault[])[], watch: () => RuleWatch): void {
  const numbered = groups.map((faults, index) => ({ faults, group: index + 1 }));
  describe.each(numbered)("group $group at once,", ({ faults }) => {
    const outcomes = new Map<string, Promise<void>>();

    beforeAll(() => {
      for (const fault of faults) {
        const outcome = watch().expectFound(fault);
        // The test of this fault reports it, which may run later.
        outcome.catch(() => undefined);
        outcomes.set(fault.what, outcome);
      }
    });

    test.each(faults.map(({ what }) => what))("%s", async (what) => {
      await outcomes.get(what);
    });
  });
}
