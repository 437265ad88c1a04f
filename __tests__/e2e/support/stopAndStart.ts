import { eventually } from "../../support/eventually";
import { docker, shell } from "./machines";

/** How a container of the VPS ended. */
export interface StopResult {
  readonly seconds: number;
  readonly exitCode: number;
  /** What it printed meanwhile. */
  readonly log: string;
}

/** Stops a container of the VPS by a plain `docker stop`. */
export async function stopContainer(name: string): Promise<StopResult> {
  const begin = new Date();
  await docker("stop", name);
  const seconds = (Date.now() - begin.getTime()) / 1000;
  const exitCode = Number(await docker("inspect", "--format", "{{.State.ExitCode}}", name));
  const log = await shell("vps", `docker logs --since ${begin.toISOString()} ${name} 2>&1`);
  return { seconds, exitCode, log };
}

/** Starts containers of the VPS, and waits until they are healthy. */
export async function startContainers(...names: readonly string[]): Promise<void> {
  await docker("start", ...names);
  await eventually(`health of ${names.join(", ")}`, 90, async () => {
    const states = await docker("inspect", "--format", "{{.Name}} {{.State.Health.Status}}", ...names);
    expect(states.split("\n")).toEqual(names.map((name) => `/${name} healthy`));
  });
}
