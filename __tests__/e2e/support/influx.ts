import { exec } from "../../../scripts/rehearsal/machines/machine";

/** The organization of the rehearsal, as it stands in a URL. */
export const org = encodeURIComponent("Küche & Keller");

/** An answer of InfluxDB. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Calls InfluxDB's API from Grafana's container, as the dashboards do. */
export async function influx(token: string, path: string, ...options: string[]): Promise<Answer> {
  return influxWithCurlConfig(`header = "Authorization: Token ${token}"\n`, path, ...options);
}

/** The same with another credential, in a configuration of curl, which gets it on its standard input. */
export async function influxWithCurlConfig(
  config: string,
  path: string,
  ...options: string[]
): Promise<Answer> {
  const url = `http://influxdb:8086/api/v2/${path}`;
  const curl = ["curl", "-sS", "-K", "-", "-w", "\n%{http_code}", ...options, url];
  return readAnswer(await exec("vps", ["docker", "exec", "-i", "grafana", ...curl], config));
}

/** What curl prints with `-w "\n%{http_code}"`. */
export function readAnswer(printed: string): Answer {
  const lines = printed.trimEnd().split("\n");
  return { status: Number(lines.pop()), body: lines.join("\n") };
}

/** What a query in Flux answers, as CSV; `rowsOf` reads it. */
export async function query(token: string, flux: string): Promise<Answer> {
  return influx(token, `query?org=${org}`, "-H", "Content-Type: application/vnd.flux", "--data-binary", flux);
}

/** A row of a query's answer, by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

/** Tables with other columns begin with another header, after an empty line. */
export function rowsOf(csv: string): Row[] {
  return csv.split("\r\n\r\n").flatMap((table) => {
    const [header = "", ...rows] = table.split("\r\n").filter((line) => line !== "");
    const columns = header.split(",");
    return rows.map((row) =>
      Object.fromEntries(row.split(",").map((value, index) => [columns[index] ?? "", value])),
    );
  });
}
