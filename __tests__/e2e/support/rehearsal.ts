import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { examine } from "../../../scripts/doctor/examination";
import { rehearsalFolder } from "../../../scripts/rehearsal/instance";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";

/** The nodes of the rehearsal; the first one is the master. */
export const pis = ["kube-0", "kube-1", "kube-2"] as const;

/** Its organization, as it stands in a URL. */
export const org = encodeURIComponent("Küche & Keller");

/** Replaces something in the rehearsal's settings; what is not there is a mistake of the test. */
export async function editSettings(before: string, after: string): Promise<void> {
  const file = join(rehearsalFolder, "project/Pulumi.dev.yaml");
  const settings = await readFile(file, "utf8");
  expect(settings).toContain(before);
  await writeFile(
    file,
    settings.replaceAll(before, () => after),
  );
}

/** Gives a setting another value, or none; `change` makes it of the one that it has. */
export async function changeSetting<T>(key: string, change: (value: T) => T | undefined): Promise<void> {
  const file = join(rehearsalFolder, "project/Pulumi.dev.yaml");
  const settings = parseDocument(await readFile(file, "utf8"));
  const path = ["config", `pi-monitoring:${key}`];
  const value = change((settings.toJS() as { config: Record<string, T> }).config[path[1] ?? ""] as T);
  if (value === undefined) {
    settings.deleteIn(path);
  } else {
    settings.setIn(path, value);
  }
  await writeFile(file, settings.toString());
}

/** A setting as it stands in the file, without the defaults and what follows from others. */
export async function readSetting<T>(key: string): Promise<T> {
  const file = join(rehearsalFolder, "project/Pulumi.dev.yaml");
  const { config } = parseDocument(await readFile(file, "utf8")).toJS() as { config: Record<string, T> };
  const value = config[`pi-monitoring:${key}`];
  if (value === undefined) {
    throw new Error(`The rehearsal has no setting ${key}.`);
  }
  return value;
}

/** Waits until doctor finds nothing: a node that has just been set up may be some seconds behind the others. */
export async function expectHealthy(stack: Stack): Promise<void> {
  // In this process, as npm and tsx are busy for seconds before doctor looks.
  await eventually("a healthy system", 120, async () => {
    expect((await examine(stack)).findings).toEqual([]);
  });
}

/** A time of day that no suite meets, as `backup.at` takes it. */
export function farAwayTime(): string {
  return new Date(Date.now() + 12 * 3_600_000).toISOString().slice(11, 16);
}

/** An answer of InfluxDB's. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Calls InfluxDB's API from Grafana's container, as the dashboards do. */
export async function influx(token: string, path: string, ...options: string[]): Promise<Answer> {
  return influxAs(`header = "Authorization: Token ${token}"\n`, path, ...options);
}

/** The same for somebody whom curl's configuration lets in. */
export async function influxAs(config: string, path: string, ...options: string[]): Promise<Answer> {
  const url = `http://influxdb:8086/api/v2/${path}`;
  const curl = ["curl", "-sS", "-K", "-", "-w", "\n%{http_code}", ...options, url];
  const answer = await exec("vps", ["docker", "exec", "-i", "grafana", ...curl], config);
  const lines = answer.trimEnd().split("\n");
  return { status: Number(lines.pop()), body: lines.join("\n") };
}

/** What a query in Flux answers, as CSV. */
export async function query(token: string, flux: string): Promise<Answer> {
  return influx(token, `query?org=${org}`, "-H", "Content-Type: application/vnd.flux", "--data-binary", flux);
}
