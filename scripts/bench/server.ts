import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Settings } from "../../components/settings/settings";
import { rehearsalFolder } from "../rehearsal/instance";
import { machineImage } from "../rehearsal/machines/machines";
import { containerOf, engineOptions, exec, waitForService } from "../rehearsal/machines/machine";
import { imageNames, loadImages, serverImages } from "../rehearsal/machines/serverImages";
import { $ } from "../cli/shell";
import type { Bench } from "./bench";
import { startMachines } from "./fleet";
import type { ProjectSettings } from "./project";

const machine = "bench-server";
const sshPort = 22901;
const httpsPort = 22902;
const folder = join(rehearsalFolder, "bench/engine");

/** Files that containers of the server's engine can mount, at the same path as on this machine. */
export const sharedFolder = join(rehearsalFolder, "bench/shared");

/** A machine with a Docker engine of its own, and the server's images in that. */
export interface BenchServer {
  /** Its name in the rehearsal. */
  readonly machine: string;
  /** Where it answers HTTPS. */
  readonly https: { readonly host: string; readonly port: number };
  /** What leads `docker`, `docker-compose` and the provider to its engine. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the settings of a stack on it need. */
  readonly settings: Partial<ProjectSettings> & Pick<Settings, "images">;
}

/** A new server in place of one that was there; `removeNodes` takes it away too. */
export async function freshServer(bench: Bench, domain: string): Promise<BenchServer> {
  const { preparation } = bench;
  const image = await machineImage("vps", "bookworm", preparation);
  const images = imageNames(await serverImages(preparation));
  await mkdir(folder, { recursive: true });
  await mkdir(sharedFolder, { recursive: true });
  const aliases = ["influxdb", "grafana", "telegraf"].map((service) => `${service}.${domain}`);
  const options = [
    ...engineOptions,
    ...["--volume", `${folder}:/srv/engine`],
    ...["--volume", `${sharedFolder}:${sharedFolder}`],
  ];
  await $({ nothrow: true })`docker rm --force --volumes ${containerOf(machine)}`;
  await startMachines(
    [{ name: machine, aliases, image, ports: [`${sshPort}:22`, `${httpsPort}:443`], options }],
    bench,
  );
  await waitForService(machine, "docker");
  // Both sides talk to it as to a local engine: what SSH costs is measured with the nodes.
  const dropIn = "/etc/systemd/system/docker.socket.d";
  await exec(machine, ["mkdir", dropIn]);
  await exec(machine, ["tee", `${dropIn}/bench.conf`], "[Socket]\nListenStream=/srv/engine/docker.sock\n");
  await exec(machine, ["sh", "-c", "systemctl daemon-reload && systemctl restart docker.socket docker"]);
  await loadImages(machine, Object.values(images), preparation.report);
  return {
    machine,
    https: { host: "127.0.0.1", port: httpsPort },
    environment: { DOCKER_HOST: `unix://${join(folder, "docker.sock")}` },
    settings: { vps: "local", domain, images, certificates: "local", keepVolumes: false },
  };
}
