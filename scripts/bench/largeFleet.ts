import { repeated, type Bench, type Measurement } from "./bench";
import { exponent, figure, ratios } from "./figure";
import { loginServer } from "./fleet";
import { logInByOpenSsh } from "./openSsh";
import { Project, settingsOf, type ProjectSettings } from "./project";
import type { Result } from "./result";
import type { Run } from "./run";

/** How many nodes there are in each part of it. */
export interface FleetSizes {
  /** What is compared with OpenSSH. */
  readonly logins: number;
  /** For which an `up` that changes little or nothing must be fast. */
  readonly large: number;
  /** Between which time and memory must not grow faster than the nodes; the two above are among them. */
  readonly growth: readonly number[];
}

/** What one repetition has taken, for one number of nodes. */
interface Round {
  readonly first: Run;
  readonly unchanged: Run;
}

/**
 * Nodes that one sshd plays: the first set-up against the logins alone, what an `up` takes that changes nothing, or one
 * node, against the engine's own floor, and how all of it grows.
 */
export function againstTheLimits({ logins, large, growth }: FleetSizes): Measurement {
  return {
    title: `${growth.join(", ")} logins, against OpenSSH and the bare engine`,
    measure: async (bench) => {
      const project = new Project(bench, "nodes");
      const results: Result[] = [];
      const rounds: Round[][] = [];
      for (const size of growth) {
        bench.preparation.report(`${size} logins, ${bench.repeat} times`);
        const nodes = await loginServer(size, bench);
        const settings = settingsOf(nodes);
        const setUp = async (): Promise<Round> => {
          await project.reset(settings);
          const first = await project.command("deploy", "--yes");
          return { first, unchanged: await project.up("--skip-preview") };
        };
        if (size === logins) {
          const pairs = await repeated(bench, async () => ({
            round: await setUp(),
            openSsh: await logInByOpenSsh(nodes, settings),
          }));
          rounds.push(pairs.map(({ round }) => round));
          const ours = pairs.map(({ round }) => round.first.seconds);
          const others = pairs.map(({ openSsh }) => openSsh.seconds);
          results.push({
            name: `openssh${logins}`,
            title: `first set-up, ${logins} logins, \`npm run deploy\``,
            ours: figure(ours),
            other: { name: "OpenSSH", seconds: figure(others) },
            figure: figure(ratios(ours, others)),
            unit: "times as long",
            limit: { atMost: 1.3 },
          });
        } else {
          rounds.push(await repeated(bench, setUp));
        }
        if (size === large) {
          results.push(...(await littleToDo(project, settings, bench)));
        }
      }
      return [...results, ...growthOf(rounds, growth)];
    },
  };
}

/** An `up` of a fleet that is set up: with nothing changed, with one node changed, and a preview. */
async function littleToDo(project: Project, settings: ProjectSettings, bench: Bench): Promise<Result[]> {
  const bare = new Project(bench, "bare");
  await bare.reset({ nodes: [], count: settings.nodes.length });
  await bare.up("--skip-preview");
  const seconds = await repeated(bench, async (index) => {
    const unchanged = await project.up("--skip-preview");
    const floor = await bare.up("--skip-preview");
    const preview = await project.preview();
    // Another name for the same machine: one login.
    const nodes = settings.nodes.map((node, position) =>
      position === 0 && index % 2 === 0 ? { ...node, sshHost: "localhost" } : node,
    );
    await project.configure({ ...settings, nodes });
    const changed = await project.up("--skip-preview");
    return {
      unchanged: unchanged.seconds,
      floor: floor.seconds,
      preview: preview.seconds,
      changed: changed.seconds,
    };
  });
  const large = settings.nodes.length;
  const unchanged = seconds.map((each) => each.unchanged);
  const floor = seconds.map((each) => each.floor);
  return [
    {
      name: `unchanged${large}Seconds`,
      title: `nothing changed, ${large} nodes`,
      figure: figure(unchanged),
      unit: "s",
      limit: { atMost: 20 },
    },
    {
      name: `unchanged${large}Floor`,
      title: `nothing changed, ${large} nodes`,
      ours: figure(unchanged),
      other: { name: "the engine with as many bare resources", seconds: figure(floor) },
      figure: figure(ratios(unchanged, floor)),
      unit: "times as long",
      limit: { atMost: 1.3 },
    },
    {
      name: `preview${large}Seconds`,
      title: `\`pulumi preview\`, ${large} nodes`,
      figure: figure(seconds.map((each) => each.preview)),
      unit: "s",
    },
    {
      name: `oneOf${large}ExtraSeconds`,
      title: `one node of ${large} changed, beyond nothing changed`,
      figure: figure(seconds.map((each) => each.changed - each.unchanged)),
      unit: "s more",
      limit: { atMost: 2 },
    },
  ];
}

/** How the time and the memory grow with the nodes: 1 is in step with them, and less is better. */
function growthOf(rounds: readonly (readonly Round[])[], sizes: readonly number[]): Result[] {
  const grows = (of: (round: Round) => number): number[] =>
    (rounds[0] ?? []).map((_, repetition) =>
      exponent(
        rounds.flatMap((each, index) => {
          const [round, x] = [each[repetition], sizes[index]];
          return round === undefined || x === undefined ? [] : [{ x, y: of(round) }];
        }),
      ),
    );
  const all = {
    "time of the first set-up": grows(({ first }) => first.seconds),
    "time of nothing changed": grows(({ unchanged }) => unchanged.seconds),
    "memory of the first set-up": grows(({ first }) => first.megabytes),
    "memory of nothing changed": grows(({ unchanged }) => unchanged.megabytes),
  };
  const worst = (rounds[0] ?? []).map((_, index) =>
    Math.max(...Object.values(all).map((values) => values[index] ?? Number.NaN)),
  );
  const range = `${Math.min(...sizes)} to ${Math.max(...sizes)} nodes`;
  return [
    {
      name: "exponent",
      title: `growth from ${range}: the worst of the four below`,
      figure: figure(worst),
      unit: "exponent",
      limit: { atMost: 1.1 },
    },
    ...Object.entries(all).map(([what, values]) => ({
      name: `exponent: ${what}`,
      title: `growth from ${range}: ${what}`,
      figure: figure(values),
      unit: "exponent",
    })),
  ];
}
