import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expandHome } from "../../components/machine/ssh";
import { UserError } from "../../components/userError";
import { isRunning } from "../cli/shell";
import { Server } from "../remote/server";
import type { Stack } from "./stack";

/** A checkpoint of Pulumi's, as far as it matters here. */
interface Export {
  readonly deployment: {
    readonly pending_operations?: readonly {
      readonly type: string;
      readonly resource: { readonly type: string; readonly inputs: { readonly name?: string } };
    }[];
  };
}

/** What is in the way of a second one of the same name, by the type of its resource. */
const exclusive: Readonly<Record<string, { list: readonly string[]; remove: readonly string[] }>> = {
  "docker:index/container:Container": { list: ["ps", "--all"], remove: ["rm", "--force", "--volumes"] },
  "docker:index/network:Network": { list: ["network", "ls"], remove: ["network", "rm"] },
};

/**
 * Clears away what a `pulumi up` that was killed has left: its lock, and containers and networks that it was
 * making and that no state knows. Everything else the next `up` finishes by itself.
 */
export async function clearInterruption(stack: Stack): Promise<void> {
  await removeStaleLock(stack);
  const state = JSON.parse(await stack.exportState()) as Export;
  const pending = state.deployment.pending_operations ?? [];
  if (pending.length === 0) {
    return;
  }
  const server = new Server((await stack.settings()).vps);
  for (const { type, resource } of pending) {
    const kind = exclusive[resource.type];
    if (type === "creating" && kind !== undefined) {
      const ours = [`name=^/?${resource.inputs.name ?? ""}$`, `label=pi-monitoring.stack=${stack.plainName}`];
      const filters = ours.flatMap((filter) => ["--filter", filter]);
      const found = await server.docker([...kind.list, "--quiet", ...filters]);
      for (const id of found.split("\n").filter((line) => line !== "")) {
        await server.docker([...kind.remove, id]);
        console.log(`Removed ${resource.inputs.name ?? id}, which an interrupted run had begun to make.`);
      }
    }
  }
  const finished = { ...state, deployment: { ...state.deployment, pending_operations: [] } };
  await stack.importState(finished);
}

/** A backend in a folder is locked by a file for each process; elsewhere, `pulumi cancel` ends what is left. */
async function removeStaleLock(stack: Stack): Promise<void> {
  const url = await stack.backendUrl();
  if (!url.startsWith("file://")) {
    return;
  }
  const locks = join(expandHome(url.slice("file://".length)), ".pulumi/locks");
  const files = (await readdir(locks, { recursive: true }).catch(() => [])).filter(
    (file) => file.includes(`/${stack.name}/`) && file.endsWith(".json"),
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
    await stack.read("cancel", "--yes");
  }
}
