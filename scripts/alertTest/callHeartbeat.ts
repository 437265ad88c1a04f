import { calledUrl, type Heartbeat, isRelayed } from "../../components/settings/heartbeat";
import { containers } from "../../components/server/resourceNames";
import { type CurlOptions, type Server, ServerError } from "../remote/server";
import type { Answer } from "./answer";

/** Calls the push monitor from Grafana's container, as Grafana does. */
export async function callHeartbeat(server: Server, heartbeat: Heartbeat): Promise<Answer> {
  try {
    return readAnswer(await server.curl(containers.grafana, callOf(heartbeat)), heartbeat);
  } catch (error) {
    if (error instanceof ServerError) {
      const reason = error.stderr.trim().split("\n").at(-1) ?? "";
      return { isAccepted: false, text: withoutAddress(reason, heartbeat) };
    }
    throw error;
  }
}

/** The request of a call. */
export function callOf(heartbeat: Heartbeat): CurlOptions {
  return {
    url: calledUrl(heartbeat),
    globoff: true,
    request: "POST",
    header: "Content-Type: application/json",
    data: "{}",
    "max-time": 30,
    "write-out": "\\n%{http_code}",
  };
}

/** @param output the body, and the status in the line after it */
export function readAnswer(output: string, heartbeat: Heartbeat): Answer {
  const lines = output.split("\n");
  const status = lines.pop()?.trim() ?? "";
  const [line = ""] = lines
    .map((each) => withoutAddress(each.replace(/<[^>]*>/g, ""), heartbeat).trim())
    .filter((each) => each !== "");
  const isAccepted = status.startsWith("2");
  const mayNeedGet = ["404", "405", "501"].includes(status) && !isRelayed(heartbeat);
  const hint = mayNeedGet
    ? " (if the monitor accepts only GET, set contactPoints.heartbeat.method: GET)"
    : "";
  return { isAccepted, text: `${[status, line.slice(0, 80)].join(" ").trim()}${hint}` };
}

/** Replaces the parts of an address that may be secret. */
function withoutAddress(text: string, { url }: Heartbeat): string {
  const address = url.replace(/^https?:\/\//, "");
  // The names of a query's parameters are not secret.
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
