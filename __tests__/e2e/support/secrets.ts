import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { $ as zx, sleep } from "zx";
import { rehearsalFolder } from "../../../scripts/rehearsal/instance";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { pis, shell } from "./machines";

const $ = zx({ quiet: true });

export type Secrets = Awaited<ReturnType<typeof readSecrets>>;

/** Every secret of the rehearsal. The random ones are in it twice: by name, and by the URN of the RandomPassword. */
export async function readSecrets(stack: Stack) {
  const { outputs, resources } = await stack.load();
  const { telegrafToken, grafanaToken } = outputs;
  const randomValues = resources.flatMap(({ urn, outputs: values = {} }) =>
    "result" in values ? [[urn, String(values.result)] as const] : [],
  );
  const secrets = {
    influxdbAdminPassword: outputs.influxdbAdminPassword ?? "",
    telegrafToken,
    grafanaToken,
    grafanaAdminPassword: outputs.grafanaAdminPassword ?? "",
    ingestCredential: outputs.ingestCredentials?.["kube-0"] ?? "",
    // One line of the key. The first lines are alike in all keys.
    privateKey: (await readFile(join(rehearsalFolder, "keys/id_ed25519"), "utf8")).split("\n")[2] ?? "",
    ...Object.fromEntries(randomValues),
  };
  // An empty value is in every text, and a wrong one in none. Six values: two tokens, two admin passwords, the ingest
  // credential, the SSH key.
  expect(new Set(Object.values(secrets)).size).toBe(6);
  expect(Math.min(...Object.values(secrets).map((secret) => secret.length))).toBeGreaterThan(30);
  return secrets;
}

/** @param place where the text is from */
export function expectNoSecret(secrets: Readonly<Record<string, string>>, place: string, text: string): void {
  const found = Object.entries(secrets)
    .filter(([, secret]) => text.includes(secret))
    .map(([name]) => name);
  expect({ place, found }).toEqual({ place, found: [] });
}

/**
 * Looks for secrets in every place where they could show by mistake: the process lists of the machines during a deploy,
 * what it prints, and then the state, the containers with their logs, and the journals.
 *
 * @param deploy a deploy that uses the secrets; returns what it printed
 */
export async function expectNoSecretAround(
  secrets: Readonly<Record<string, string>>,
  stack: Stack,
  deploy: () => Promise<string>,
): Promise<void> {
  const watch = watchProcesses();
  await sleep(500);
  const printed = await deploy().finally(watch.end);
  const processes = await watch.seen;
  expect(processes.map((list) => list.includes("sshd"))).toEqual(processes.map(() => true));
  expectNoSecret(secrets, "process lists of the machines", processes.join("\n"));
  expectNoSecret(secrets, "what the deploy prints", printed);
  expectNoSecret(secrets, "the state", (await stack.capture("stack", "export")).output);
  const state =
    await $`cat ${(await $`find ${join(rehearsalFolder, "state")} -type f`).stdout.trim().split("\n")}`;
  expect(state.stdout).toContain("server-influxdb");
  expectNoSecret(secrets, "the state's files", state.stdout);
  const inside = await shell("vps", "docker inspect $(docker ps --all --quiet)");
  expect(inside).toContain("influxdb");
  expectNoSecret(secrets, "docker inspect on the VPS", inside);
  // Containers of others may be gone before they are inspected.
  const here = (await $({ nothrow: true })`sh -c ${"docker inspect $(docker ps --all --quiet)"}`).stdout;
  expect(here).toContain("kube-0");
  expectNoSecret(secrets, "docker inspect here", here);
  const journals = await Promise.all([...pis, "vps"].map((each) => exec(each, ["journalctl", "--no-pager"])));
  expect(journals.map((journal) => journal.includes("sshd"))).toEqual(journals.map(() => true));
  expectNoSecret(secrets, "journals", journals.join("\n"));
  const logs = await shell("vps", "for each in $(docker ps --all --quiet); do docker logs $each 2>&1; done");
  expect(logs).toContain("influxdb_v2");
  expectNoSecret(secrets, "logs of the containers", logs);
}

/** Samples the process lists of the Pis and of the VPS until it is ended. */
function watchProcesses(): { readonly seen: Promise<readonly string[]>; readonly end: () => Promise<void> } {
  const watch =
    "while [ ! -e /tmp/stop-watching ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; sleep 0.05; done | tr '\\0' '\\n' | sort -u";
  const machines = [...pis, "vps"];
  const watches = machines.map((machine) => shell(machine, `rm -f /tmp/stop-watching; ${watch}`));
  return {
    seen: Promise.all(watches),
    end: async () => {
      await Promise.all(machines.map((machine) => exec(machine, ["touch", "/tmp/stop-watching"])));
    },
  };
}
