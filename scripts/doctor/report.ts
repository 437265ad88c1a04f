import { ports, rehearsalStack } from "../rehearsal/instance";
import { renderTable } from "../cli/table";
import type { Examination } from "./examination";
import type { BufferHealth } from "./server/buffer";

/** An examination of a stack as tables for the terminal, and the address of its Grafana. */
export function renderExamination(stack: string, examination: Examination): string {
  const { nodes, containers, buffer, findings, information, grafana } = examination;
  const nodeRows = nodes.map(({ name, sampleAgeSeconds, load1, cpuCelsius }) => [
    name,
    sampleAgeSeconds === null ? "none" : `${sampleAgeSeconds.toFixed(1)} s ago`,
    load1?.toFixed(2) ?? "-",
    cpuCelsius === null ? "-" : `${cpuCelsius.toFixed(1)} °C`,
  ]);
  const containerRows = containers.map(({ name, state, health }) => [name, state, health]);
  const findingRows = findings.map(({ subject, problem, remedy }) => [subject, problem, remedy]);
  return [
    renderTable(["node", "newest sample", "load1", "CPU"], nodeRows),
    renderTable(["container", "state", "health"], containerRows),
    ...(buffer === null ? [] : [describeBuffer(buffer)]),
    ...information.map((each) => `To know: ${each}`),
    findings.length === 0
      ? "Nothing is wrong."
      : renderTable(["about", "what is wrong", "what to do"], findingRows),
    ...(grafana === null ? [] : [describeLogin(stack, grafana)]),
  ].join("\n");
}

/** The address at which Grafana opens in a browser. */
export function browserUrl(stack: string, address: string): string {
  // A port of this machine is forwarded to port 443 of the rehearsal's server.
  return stack === rehearsalStack ? `${address}:${ports.vpsHttps}` : address;
}

function describeLogin(stack: string, address: string): string {
  const isRehearsal = stack === rehearsalStack;
  const certificate = isRehearsal ? " (its certificate is its own: let the browser accept it)" : "";
  return `Grafana: ${browserUrl(stack, address)}${certificate}
  user: admin, password: npm run --silent password${isRehearsal ? "" : ` -- ${stack}`}`;
}

/** The last line after `--fix` if findings remain. */
export function describeRest(findings: number): string {
  return findings === 1
    ? "1 finding is still there after --fix; the lines above say what keeps it."
    : `${findings} findings are still there after --fix; the lines above say what keeps them.`;
}

function describeBuffer({ usedKb, limitKb, freeKb }: BufferHealth): string {
  const megabytes = (kb: number): string => `${(kb / 1024).toFixed(0)} MB`;
  return `Telegraf's buffer: ${megabytes(usedKb)} of ${megabytes(limitKb)}, ${megabytes(freeKb)} free on its disk`;
}
