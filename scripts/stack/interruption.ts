import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { stackLabelName } from "../../components/server/engine/serverContainer";
import { expandHome } from "../../components/machine/ssh";
import { namespace } from "../../components/settings/schema";
import { UserError } from "../../components/userError";
import { isRunning } from "../cli/shell";
import { Server } from "../remote/server";
import type { Stack } from "./stack";

/** The types of resources of which a second one of the same name cannot be made: how they are listed and removed. */
const exclusive: Readonly<Record<string, { list: readonly string[]; remove: readonly string[] }>> = {
  "docker:index/container:Container": { list: ["ps", "--all"], remove: ["rm", "--force", "--volumes"] },
  "docker:index/network:Network": { list: ["network", "ls"], remove: ["network", "rm"] },
};

/**
 * Removes what a killed `pulumi up` has left: its lock, and the containers and networks that it was creating and that are
 * missing from the state. The next `up` finishes everything else by itself.
 */
export async function clearInterruption(stack: Stack): Promise<void> {
  const [state] = await Promise.all([stack.readState(), removeStaleLock(stack)]);
  const pending = state.deployment.pending_operations ?? [];
  if (pending.length === 0) {
    return;
  }
  const server = new Server((await stack.settings()).vps);
  for (const { type, resource } of pending) {
    const kind = exclusive[resource.type];
    if (type === "creating" && kind !== undefined) {
      const name = resource.inputs?.name ?? "";
      const ours = [`name=^/?${name}$`, `label=${stackLabelName}=${stack.plainName}`];
      const filters = ours.flatMap((filter) => ["--filter", filter]);
      const found = await server.docker([...kind.list, "--quiet", ...filters]);
      for (const id of found.split("\n").filter((line) => line !== "")) {
        await server.docker([...kind.remove, id]);
        // Standard output has the result of a command, such as JSON.
        console.error(`Removed ${name}, which an interrupted run had begun to make.`);
      }
    }
  }
  await stack.importState({ ...state, deployment: { ...state.deployment, pending_operations: [] } });
}

/** A backend in a folder has a lock file for each process; the user runs `pulumi cancel` for any other. */
async function removeStaleLock(stack: Stack): Promise<void> {
  const url = await stack.backendUrl();
  if (!url.startsWith("file://")) {
    return;
  }
  const locks = join(expandHome(url.slice("file://".length)), ".pulumi/locks");
  // The folder may have the states of other projects too, and their stacks the same name.
  const ofStack = `/${namespace}/${stack.plainName}/`;
  const files = (await readdir(locks, { recursive: true }).catch(() => [])).filter(
    (file) => file.includes(ofStack) && file.endsWith(".json"),
  );
  for (const file of files) {
    const owner = JSON.parse(await readFile(join(locks, file), "utf8")) as { pid: number; hostname: string };
    if (owner.hostname !== hostname() || isRunning(owner.pid)) {
      throw new UserError(
        `Another pulumi (process ${owner.pid} on ${owner.hostname}) works on the stack ${stack.name}. If it does not: \`pulumi cancel\`.`,
      );
    }
  }
  if (files.length > 0) {
    await stack.pulumi("cancel", "--yes");
  }
}
