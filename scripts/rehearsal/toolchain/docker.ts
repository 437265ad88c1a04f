import { spawn } from "node:child_process";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "zx";
import { canInstallPackages, ensurePrograms } from "./apt";
import type { Preparation } from "../../cli/progress";
import { cacheFolder } from "../../cli/cache";
import { UserError } from "../../../components/userError";
import { type Part } from "./part";
import { $ } from "../../cli/shell";

const pidFile = join(cacheFolder(), "dockerd.pid");
const logFile = join(cacheFolder(), "dockerd.log");

/** A Docker engine that answers: the user's own, or one that is installed and started here. */
export async function ensureDocker(preparation: Preparation): Promise<Part> {
  const running = await engineVersion();
  if (running !== undefined) {
    return engine(running, "installed");
  }
  const isRemote = process.env["DOCKER_HOST"] !== undefined;
  if (isRemote || !(await canInstallPackages())) {
    throw new UserError(
      "No Docker engine answers here: install or start Docker (https://docs.docker.com/engine/install/), or run this as root on Debian or Ubuntu.",
    );
  }
  await ensurePrograms({ dockerd: ["docker.io"] }, "the Docker engine", preparation);
  // Debian 13 and later have the command line in a package of its own.
  await ensurePrograms({ docker: ["docker-cli"] }, "the Docker engine", preparation);
  // Where there is a service manager, the package has started its service by now.
  return engine((await answer(5)) ?? (await startEngine(preparation)), "downloaded");
}

/**
 * Ends the engine that `ensureDocker` has started. One that was running before stays, and so does one on which
 * containers run: they belong to another rehearsal, or to the user.
 */
export async function stopStartedDocker(): Promise<void> {
  if ((await $`docker ps --quiet`).stdout.trim() !== "") {
    return;
  }
  const pid = Number.parseInt(await readFile(pidFile, "utf8").catch(() => ""), 10);
  if (await isEngine(pid)) {
    process.kill(pid, "SIGTERM");
    // Until it has ended it answers, and the next command would take it for one that stays.
    for (let waited = 0; waited < 60 && (await isEngine(pid)); waited++) {
      await sleep(500);
    }
  }
  await rm(pidFile, { force: true });
}

/** Whether a Docker engine answers here. */
export async function isDockerUp(): Promise<boolean> {
  return (await engineVersion()) !== undefined;
}

/** Whether this process is an engine: the number may belong to another one by now. */
async function isEngine(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "dockerd";
}

async function startEngine({ report }: Preparation): Promise<string> {
  report("starting the Docker engine (a few seconds)");
  await mkdir(cacheFolder(), { recursive: true });
  const log = await open(logFile, "a");
  const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", log.fd, log.fd] });
  await log.close();
  daemon.unref();
  await writeFile(pidFile, `${daemon.pid ?? ""}\n`);
  const version = await answer(60);
  if (version === undefined) {
    throw new UserError(`The Docker engine does not start here: ${logFile} says why.`);
  }
  return version;
}

async function answer(seconds: number): Promise<string | undefined> {
  for (let waited = 0; waited < seconds; waited++) {
    const version = await engineVersion();
    if (version !== undefined) {
      return version;
    }
    await sleep(1000);
  }
  return undefined;
}

async function engineVersion(): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await $({
    nothrow: true,
  })`docker version --format ${"{{.Server.Version}}"}`;
  if (/permission denied/.test(stderr)) {
    throw new UserError(
      "This user may not use the Docker engine: run `sudo usermod -aG docker $USER`, log in again and start again.",
    );
  }
  return exitCode === 0 ? stdout.trim() : undefined;
}

function engine(version: string, origin: Part["origin"]): Part {
  return { name: "Docker engine", version, origin, location: process.env["DOCKER_HOST"] ?? "default" };
}
