import { randomBytes } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { retry } from "zx";
import { ensurePrograms } from "../rehearsal/toolchain/apt";
import { $ } from "../cli/shell";
import { repeated, type Measurement } from "./bench";
import { figure, ratios } from "./figure";
import { loadNodes } from "./ingest/trial";
import { Project } from "./project";
import { run, type RunOptions } from "./run";
import { freshServer, sharedFolder, type BenchServer } from "./server";

const folder = join(sharedFolder, "compose");
const containers = ["influxdb", "telegraf", "grafana", "https-portal"] as const;

/** The server alone, images present: by the program and by docker-compose, each on an engine with nothing on it. */
export const againstCompose: Measurement = {
  title: "The server, against docker-compose",
  measure: async (bench) => {
    await ensurePrograms({ "docker-compose": ["docker-compose"] }, "the comparison", bench.preparation);
    const server = await freshServer(bench, "bench.test");
    await cp(join(__dirname, "compose"), folder, { recursive: true });
    const project = new Project({ ...bench, pulumi: { ...bench.pulumi, ...server.environment } }, "server");
    const seconds = await repeated(bench, async () => {
      await project.reset({ ...server.settings, nodes: loadNodes(1, "agent") });
      const ours = (await project.up("--skip-preview")).seconds;
      await project.destroy();
      const other = await composeUp(server);
      await compose(server, {}, "down", "--volumes");
      return { ours, other };
    });
    const ours = seconds.map((each) => each.ours);
    const others = seconds.map((each) => each.other);
    return [
      {
        name: "compose",
        title: "first set-up of the server, images present",
        ours: figure(ours),
        other: { name: "docker-compose", seconds: figure(others) },
        figure: figure(ratios(ours, others)),
        unit: "times as long",
        limit: { atMost: 1.5 },
      },
    ];
  },
};

/** Brings the same four containers up, with the tokens that they need, until all are well. In seconds. */
async function composeUp(server: BenchServer): Promise<number> {
  const started = performance.now();
  const passwords = { GRAFANA_PASSWORD: password(), TELEGRAF_TOKEN: "" };
  await compose(server, passwords, "up", "--detach", "influxdb");
  await untilHealthy(server, "influxdb");
  const setUp = await readFile(join(__dirname, "compose/setUp.sh"), "utf8");
  const { stdout } = await $({
    env: { ...process.env, ...server.environment },
    input: `PASSWORD=${password()}\n${setUp}`,
  })`docker exec --interactive influxdb sh -s`;
  const [write = "", read = ""] = stdout.trim().split("\n");
  await writeFile(join(folder, "grafana_token"), read);
  await compose(server, { ...passwords, TELEGRAF_TOKEN: write }, "up", "--detach");
  await Promise.all(containers.map((name) => untilHealthy(server, name)));
  return (performance.now() - started) / 1000;
}

async function compose(
  { environment, settings: { images } }: BenchServer,
  passwords: Readonly<Record<string, string>>,
  ...words: string[]
): Promise<void> {
  const options: RunOptions = {
    cwd: folder,
    environment: {
      ...environment,
      ...passwords,
      IMAGE_INFLUXDB: images.influxdb,
      IMAGE_TELEGRAF: images.telegraf,
      IMAGE_GRAFANA: images.grafana,
      IMAGE_HTTPS_PORTAL: images.httpsPortal,
    },
  };
  await run(["docker-compose", ...words], options);
}

/** docker-compose 1 ends when the containers run. Docker looks at their health every five seconds. */
async function untilHealthy({ environment }: BenchServer, name: string): Promise<void> {
  const format = "{{.State.Health.Status}}";
  await retry(600, "100ms", async () => {
    const { stdout } = await $({
      env: { ...process.env, ...environment },
    })`docker inspect --format ${format} ${name}`;
    if (stdout.trim() !== "healthy") {
      throw new Error(`${name} is ${stdout.trim()}`);
    }
  });
}

function password(): string {
  return randomBytes(24).toString("base64url");
}
