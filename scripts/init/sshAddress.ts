import { isIPv6 } from "node:net";
import { shortestIpv6 } from "../../components/settings/address";

/** The SSH address of a machine, as a user writes it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Unset for the default user of that machine. */
  readonly user?: string;
}

/** Reads `[USER@]HOST[:PORT]`; IPv6 with a port is in brackets. The schema validates it. */
export function parseAddress(text: string): Address {
  const [, user, place = ""] = /^(?:([^@]*)@)?(.*)$/.exec(text.trim()) ?? [];
  const [, bracketed, host = "", port = "22"] = isIPv6(place)
    ? [place, place]
    : (/^(?:\[([^\]]*)\]|(.*?))(?::([^:]*))?$/.exec(place) ?? []);
  return { user, host: shortest(bracketed ?? host), port: Number(port) };
}

function shortest(host: string): string {
  return isIPv6(host) && !host.includes("%") ? shortestIpv6(host) : host.toLowerCase();
}
