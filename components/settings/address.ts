import { BlockList, isIPv6 } from "node:net";
import { ipv4, label } from "./fields";

/** What a setting takes as the host of a machine; for error messages, and for the table of all settings. */
export const allowedHost =
  "a host name in lower case or an IP address, such as kube-0.local, 192.168.1.10 or 2001:db8::7";

/** A name whose last part is digits is taken for an IPv4 address. The hosts of __tests__/support/arbitraries.ts follow it. */
const hostName = new RegExp(`^(?=.{1,253}$)(${ipv4}|(?!(.*\\.)?[0-9]+$)${label}(\\.${label})*)$`);

const linkLocal = new BlockList();
linkLocal.addSubnet("fe80::", 10, "ipv6");

/** What is wrong with the host of a machine. */
export function machineHostMistake(host: string): string | undefined {
  if (!isIPv6(host)) {
    return hostName.test(host) ? undefined : `must be ${allowedHost}`;
  }
  const shortest = shortestIpv6(host);
  if (linkLocal.check(shortest, "ipv6")) {
    return "must not be a link-local address, which is valid on one network interface only; give its name, or an address that begins with 2, 3, fc or fd";
  }
  if (/^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(shortest)) {
    return "must be in the form of IPv4, without ::ffff:, as it is an IPv4 address";
  }
  // One form of each address, as nodes are told apart by it.
  return host === shortest ? undefined : `must be in its shortest form, ${shortest}`;
}

/** The shortest form of an IPv6 address, in lower case and without an interface. Source: RFC 5952, section 4 */
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
