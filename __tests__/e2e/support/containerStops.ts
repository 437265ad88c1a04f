import { exec } from "../../../scripts/rehearsal/machines/machine";
import { eventually } from "../../support/eventually";

/** How a container of the VPS ended. */
export interface Ended {
  readonly seconds: number;
  readonly exitCode: number;
  /** What it printed meanwhile. */
  readonly log: string;
}

/** Stops a container of the VPS by a plain `docker stop`. */
export async function stopContainer(name: string): Promise<Ended> {
  const begin = new Date();
  await exec("vps", ["docker", "stop", name]);
  const seconds = (Date.now() - begin.getTime()) / 1000;
  const exitCode = Number(await exec("vps", ["docker", "inspect", "--format", "{{.State.ExitCode}}", name]));
  const logs = `docker logs --since ${begin.toISOString()} ${name} 2>&1`;
  return { seconds, exitCode, log: await exec("vps", ["sh", "-c", logs]) };
}

/** Starts containers of the VPS, and waits until they are healthy. */
export async function startContainers(...names: readonly string[]): Promise<void> {
  await exec("vps", ["docker", "start", ...names]);
  await eventually(`health of ${names.join(", ")}`, 90, async () => {
    const health = ["docker", "inspect", "--format", "{{.Name}} {{.State.Health.Status}}", ...names];
    const states = (await exec("vps", health)).trim().split("\n");
    expect(states).toEqual(names.map((name) => `/${name} healthy`));
  });
}
