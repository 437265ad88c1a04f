import { type Heartbeat, isRelayed, relayUrl } from "../../components/settings/heartbeat";
import type { Settings } from "../../components/settings/settings";
import { dockerCommand } from "../../components/server/engine/serverEngine";
import { $ } from "../cli/shell";

/** What became of a call. */
export interface HeartbeatAnswer {
  readonly isTaken: boolean;
  /** The status and the first line, or why there is none, without the address. */
  readonly text: string;
}

/** Calls the push monitor from Grafana's container, as Grafana does. */
export async function callHeartbeat(
  settings: Pick<Settings, "vps">,
  heartbeat: Heartbeat,
): Promise<HeartbeatAnswer> {
  const curl = ["exec", "-i", "grafana", "curl", "--globoff", "--silent", "--show-error", "--config", "-"];
  const { exitCode, stdout, stderr } = await $({
    nothrow: true,
    input: renderCall(heartbeat),
  })`${dockerCommand(settings.vps, ...curl)}`;
  return exitCode === 0
    ? readAnswer(stdout, heartbeat)
    : { isTaken: false, text: withoutAddress(stderr.trim().split("\n").at(-1) ?? "", heartbeat) };
}

/** curl's configuration for the call; the address must not show in the process list. */
export function renderCall(heartbeat: Heartbeat): string {
  const quote = (value: string): string => `"${value.replace(/["\\]/g, "\\$&")}"`;
  return [
    `url = ${quote(isRelayed(heartbeat) ? relayUrl : heartbeat.url)}`,
    'request = "POST"',
    'header = "Content-Type: application/json"',
    'data = "{}"',
    "max-time = 30",
    `write-out = ${quote("\\n%{http_code}")}`,
    "",
  ].join("\n");
}

/** @param output the body, and the status in a line behind it */
export function readAnswer(output: string, heartbeat: Heartbeat): HeartbeatAnswer {
  const lines = output.split("\n");
  const status = lines.pop()?.trim() ?? "";
  const [line = ""] = lines
    .map((each) => withoutAddress(each.replace(/<[^>]*>/g, ""), heartbeat).trim())
    .filter((each) => each !== "");
  const isTaken = status.startsWith("2");
  const takesGet = ["404", "405", "501"].includes(status) && !isRelayed(heartbeat);
  const hint = takesGet ? " (one that takes GET only needs contactPoints.heartbeat.method: GET)" : "";
  return { isTaken, text: `${[status, line.slice(0, 80)].join(" ").trim()}${hint}` };
}

/** A text in which the parts of an address that may be secret are not to be seen. */
function withoutAddress(text: string, { url }: Heartbeat): string {
  const address = url.replace(/^https?:\/\//, "");
  // The names of a query's parameters are no secrets, the rest may be one.
  const parts = address
    .split(/[/?#&@]/)
    .slice(address.includes("@") ? 0 : 1)
    .map((part) => part.replace(/^[^=]*=(?=.)/, ""));
  const secrets = [url, address, ...parts.flatMap((part) => [part, ...part.split(":")])]
    .flatMap((each) => [each, decode(each)])
    .filter((each) => each.length >= 6)
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, "…"), text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
