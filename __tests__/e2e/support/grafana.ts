import { localUrl } from "../../../components/server/resourceNames";
import { exec } from "../../../scripts/rehearsal/machines/machine";

/**
 * What Grafana's API answers to its admin.
 *
 * @param password the output of the stack; a stack with a Grafana of the user's has none
 * @throws Error if the answer is an error
 */
export async function askGrafana<T>(password: string | undefined, path: string): Promise<T> {
  const config = `url = "${localUrl("grafana")}/api/${path}"\nuser = "admin:${password ?? ""}"\n`;
  const curl = ["curl", "-sSf", "-K", "-"];
  return JSON.parse(await exec("vps", ["docker", "exec", "-i", "grafana", ...curl], config)) as T;
}
