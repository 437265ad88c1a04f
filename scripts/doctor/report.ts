import { rehearsalStack } from "../rehearsal";
import { ports } from "../rehearsal/instance";
import type { StackOutputs } from "../stack/stack";
import { renderTable } from "../terminal/progress";
import type { Examination } from "./examination";
import type { BufferHealth } from "./server";

/** An examination as tables for the terminal. */
export function renderExamination(examination: Examination): string {
  const { nodes, containers, buffer, findings, information } = examination;
  const nodeRows = nodes.map(({ name, sampleAgeSeconds, load1, cpuCelsius }) => [
    name,
    sampleAgeSeconds === null ? "none" : `${sampleAgeSeconds.toFixed(1)} s ago`,
    load1?.toFixed(2) ?? "-",
    cpuCelsius === null ? "-" : `${cpuCelsius.toFixed(1)} °C`,
  ]);
  const containerRows = containers.map(({ name, state, health }) => [name, state, health]);
  return [
    renderTable(["node", "newest sample", "load1", "CPU"], nodeRows),
    renderTable(["container", "state", "health"], containerRows),
    ...describeBuffer(buffer),
    ...information.map((each) => `To know: ${each}`),
    findings.length === 0
      ? "Nothing is wrong."
      : renderTable(
          ["about", "what is wrong", "what to do"],
          findings.map(({ subject, problem, remedy }) => [subject, problem, remedy]),
        ),
  ].join("\n");
}

/** Where Grafana opens in a browser, and for whom. */
export function describeLogin(stack: string, { urls }: Pick<StackOutputs, "urls">): string {
  const isRehearsal = stack === rehearsalStack;
  // Of the rehearsal's server, one port of this machine leads to its port 443.
  const url = isRehearsal ? `${urls.grafana}:${ports.vpsHttps}` : urls.grafana;
  const certificate = isRehearsal ? " (its certificate is its own: let the browser accept it)" : "";
  return `Grafana: ${url}${certificate}
  user: admin, password: npm run --silent password${isRehearsal ? "" : ` -- ${stack}`}`;
}

/** The last line after `--fix`, where it was not enough. */
export function describeRest(findings: number): string {
  return findings === 1
    ? "1 finding is still there after --fix; the lines above say what keeps it."
    : `${findings} findings are still there after --fix; the lines above say what keeps them.`;
}

function describeBuffer(buffer: BufferHealth | null): string[] {
  const megabytes = (kb: number): string => `${(kb / 1024).toFixed(0)} MB`;
  return buffer === null
    ? []
    : [
        `Telegraf's buffer: ${megabytes(buffer.usedKb)} of ${megabytes(buffer.limitKb)}, ${megabytes(buffer.freeKb)} free on its disk`,
      ];
}
