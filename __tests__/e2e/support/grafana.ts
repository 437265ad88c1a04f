import { exec } from "../../../scripts/rehearsal/machines/machine";

/** What Grafana's API answers to its admin, which must not be an error. */
export async function askGrafana<T>(password: string | undefined, path: string): Promise<T> {
  const config = `url = "http://localhost:3000/api/${path}"\nuser = "admin:${password ?? ""}"\n`;
  const curl = ["curl", "-sSf", "-K", "-"];
  return JSON.parse(await exec("vps", ["docker", "exec", "-i", "grafana", ...curl], config)) as T;
}
