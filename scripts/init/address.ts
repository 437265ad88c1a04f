import { isIPv6 } from "node:net";
import { shortestIpv6 } from "../../components/settings/address";

/** Where a machine answers SSH, as a person writes it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Whoever it is there, unless it is said. */
  readonly user?: string | undefined;
}

/** Reads `[USER@]HOST[:PORT]`; IPv6 with a port is in brackets. Whether it is right is for the schema to say. */
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
