import { retry } from "zx";
import { ensurePrograms } from "../rehearsal/toolchain/apt";
import { requireUnchanged, runPlaybook, timesAsFast, writeAnsibleFiles } from "./ansible";
import { repeated, type Measurement } from "./bench";
import { exporterOnDisk, freshPis } from "./fleet";
import { nodeName, Project, settingsOf } from "./project";
import type { Limit } from "./result";
import { freshServer } from "./server";

/** The check of a healthy system: the doctor logs in to every node and to the server, Ansible to every node. */
export function doctorAgainstAnsible(count: number, limit: Limit): Measurement {
  const nodes = `${count} systemd nodes`;
  return {
    title: `${nodes}, \`npm run doctor\` against Ansible`,
    measure: async (bench) => {
      await ensurePrograms({ "ansible-playbook": ["ansible-core"] }, "the comparison", bench.preparation);
      const pis = await freshPis(count, bench, (index) => ["--network-alias", `${nodeName(index)}.local`]);
      const server = await freshServer(bench, "bench.test");
      const project = new Project({ ...bench, pulumi: { ...bench.pulumi, ...server.environment } }, "index");
      await project.reset({
        ...settingsOf(pis),
        ...server.settings,
        exporter: await exporterOnDisk(),
        prometheus: { scrapeInterval: "15s" },
      });
      await project.up("--skip-preview");
      await writeAnsibleFiles(pis);
      requireUnchanged(await runPlaybook(), count);
      // It ends with an error while a node has not been heard of, or has another finding.
      await retry(20, "10s", () => project.command("doctor"));
      const seconds = await repeated(bench, async () => ({
        ours: (await project.command("doctor")).seconds,
        other: requireUnchanged(await runPlaybook(), count).seconds,
      }));
      return [timesAsFast(`ansibleDoctor${count}`, `looked at, nothing changed, ${nodes}`, seconds, limit)];
    },
  };
}
