import { isIP, isIPv6 } from "node:net";
import { z } from "zod";
import { hostAndPort, hostOf, machineHostMistake } from "./address";
import { refuseBy } from "./fields";

/** What a probe of the preset `internet` asks. */
export interface ProbeTarget {
  /** As the settings have it; also the `instance` of its samples. */
  readonly text: string;
  readonly kind: "https" | "http" | "dns" | "tcp" | "icmp";
  /** What blackbox_exporter takes as the target. */
  readonly address: string;
  /** Whether the master must resolve a name first. */
  readonly isName: boolean;
  /** Of `kind` dns: the name whose IPv4 address the server is asked for. */
  readonly query?: string;
}

const allowed =
  "https://example.com, http://example.com, dns://9.9.9.9/example.com (a server, and the name that it is asked for), example.com:22 (a TCP port) or example.com (a ping)";

/** A target of a probe, of one of five forms. */
export const probeTarget = z
  .string({ error: `must be ${allowed}` })
  .superRefine(refuseBy(mistakeOf))
  .meta({ allowed });

/** Reads a target that `probeTarget` has accepted. */
export function parseTarget(text: string): ProbeTarget {
  const result = read(text);
  if (typeof result === "string") {
    throw new Error(`${text} ${result}`);
  }
  return { text, ...result };
}

function mistakeOf(text: string): string | undefined {
  const result = read(text);
  return typeof result === "string" ? result : undefined;
}

/** Every sample of a target has it as a label. */
const longest = 200;

/** The parts of a target, or what is wrong with it. */
function read(text: string): Omit<ProbeTarget, "text"> | string {
  if (text.length > longest || !/^[\x21-\x7e]+$/.test(text)) {
    return `must be up to ${longest} printable ASCII characters without blanks; write a host name of other letters in its xn-- form`;
  }
  if (text.includes("://")) {
    return readUrl(text);
  }
  const [, host = "", port] = /^(.*?)(?::([0-9]+))?$/.exec(text) ?? [];
  if (isIPv6(text) || port === undefined) {
    return hostMistake(text) ?? { kind: "icmp", address: text, isName: isIP(text) === 0 };
  }
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const mistake = isPort(port) ? hostMistake(bare, bare !== host) : wrongPort;
  return mistake ?? { kind: "tcp", address: text, isName: isIP(bare) === 0 };
}

const wrongPort = "must have a port from 1 to 65535";

function isPort(digits: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(digits) && Number(digits) <= 65535;
}

function hostMistake(host: string, isBracketed = isIPv6(host)): string | undefined {
  return isIPv6(host) === isBracketed && machineHostMistake(host) === undefined
    ? undefined
    : `must be ${allowed}`;
}

function readUrl(text: string): Omit<ProbeTarget, "text"> | string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const host = url === null ? "" : hostOf(url);
  if (
    url === null ||
    !["http:", "https:", "dns:"].includes(url.protocol) ||
    hostMistake(host) !== undefined
  ) {
    return `must be ${allowed}`;
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    return "must not have a user name, a password or a fragment: it is shown in Grafana, and stands in the configuration of Prometheus";
  }
  if (url.port === "0") {
    return wrongPort;
  }
  const isName = isIP(host) === 0;
  if (url.protocol !== "dns:") {
    return { kind: url.protocol === "https:" ? "https" : "http", address: text, isName };
  }
  const query = url.pathname.slice(1);
  if (url.search !== "" || isIPv6(query) || hostMistake(query) !== undefined || /^[0-9.]+$/.test(query)) {
    return "must end with a name in lower case, as in dns://9.9.9.9/example.com";
  }
  return { kind: "dns", address: hostAndPort(host, Number(url.port || 53)), isName, query };
}
