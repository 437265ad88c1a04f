import { type Heartbeat, isRelayed, relayUrl } from "../../components/settings/heartbeat";
import { type CurlOptions, type Server, ServerError } from "../remote/server";

/** What became of a call. */
export interface HeartbeatAnswer {
  readonly isTaken: boolean;
  /** The status and the first line, or why there is none, without the address. */
  readonly text: string;
}

/** Calls the push monitor from Grafana's container, as Grafana does. */
export async function callHeartbeat(server: Server, heartbeat: Heartbeat): Promise<HeartbeatAnswer> {
  try {
    return readAnswer(await server.curl("grafana", callOf(heartbeat)), heartbeat);
  } catch (error) {
    if (error instanceof ServerError) {
      const reason = error.stderr.trim().split("\n").at(-1) ?? "";
      return { isTaken: false, text: withoutAddress(reason, heartbeat) };
    }
    throw error;
  }
}

/** The request of a call. */
export function callOf(heartbeat: Heartbeat): CurlOptions {
  return {
    url: isRelayed(heartbeat) ? relayUrl : heartbeat.url,
    globoff: true,
    request: "POST",
    header: "Content-Type: application/json",
    data: "{}",
    "max-time": 30,
    "write-out": "\\n%{http_code}",
  };
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
