import { isIPv6 } from "node:net";
import { ipv4, label } from "./fields";

/** What a setting takes as the host of a machine; for who got it wrong, and for the table of all settings. */
export const allowedHost =
  "a host name in lower case or an IP address, such as kube-0.local, 192.168.1.10 or 2001:db8::7";

/** What ends with a number is an address for everything that resolves names. */
const hostName = new RegExp(`^(?=.{1,253}$)(${ipv4}|(?!(.*\\.)?[0-9]+$)${label}(\\.${label})*)$`);
/** fe80::/10 */
const linkLocal = /^fe[89ab]/i;
/** ::ffff:0:0/96, in the shortest form. */
const mappedIpv4 = /^::ffff:[0-9a-f]+:[0-9a-f]+$/;

/** What is wrong with the host of a machine. */
export function hostMistake(host: string): string | undefined {
  if (!isIPv6(host)) {
    return hostName.test(host) ? undefined : `must be ${allowedHost}`;
  }
  // An interface is named after `%`, and each machine has names of its own for them.
  if (linkLocal.test(host)) {
    return "must not be a link-local address: it leads to a machine by one interface of another one only; give its name, or an address that begins with 2, 3, fc or fd";
  }
  const shortest = shortestIpv6(host);
  if (host.includes("%") || mappedIpv4.test(shortest)) {
    return `must be ${allowedHost}`;
  }
  // One form of each address, as nodes are told apart by it.
  return host === shortest ? undefined : `must be in its shortest form, ${shortest}`;
}

/** The shortest form of an IPv6 address, in lower case. Source: RFC 5952, section 4 */
export function shortestIpv6(address: string): string {
  return new URL(`http://[${address.replace(/%.*/, "")}]`).hostname.slice(1, -1);
}

/** A host with its port, as URLs and Prometheus have it: IPv6 in brackets. */
export function hostAndPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The host of a URL, without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
