import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";

/** The records of a name in the DNS that lead, or may lead, to something other than the VPS. */
export interface RecordsProblem {
  /**
   * `wrong` if no certificate can be expected before a record is changed. The records of the others may be right: `proxy`
   * if a proxy answers in place of the VPS, `unknown` if a resolver does not answer or the addresses of the VPS are not
   * known.
   */
  readonly state: "proxy" | "wrong" | "unknown";
  /** What was found, and what to do if it is wrong. */
  readonly description: string;
}

/**
 * Looks names up with this machine's resolver.
 *
 * @param vpsHost unset if the program runs on the VPS itself, whose public addresses are not known there
 */
export async function recordsProblems(
  names: readonly string[],
  vpsHost: string | undefined,
): Promise<RecordsProblem[]> {
  const [vps, ...found] = await Promise.all([
    vpsHost === undefined ? undefined : addressesOf(vpsHost),
    ...names.map(addressesOf),
  ]);
  const reason =
    vpsHost === undefined
      ? undefined
      : vps === undefined
        ? unansweredLookup(vpsHost)
        : `${vpsHost} is not in the DNS.`;
  return names.flatMap((name, index) => describeName(name, found[index], vps ?? [], reason) ?? []);
}

/**
 * @param addresses of the name; undefined if the resolver does not answer
 * @param expected the addresses of the VPS, which may have others that its own name does not show; empty if none is known
 * @param reason why none is known, if that is a problem
 */
export function describeName(
  name: string,
  addresses: readonly string[] | undefined,
  expected: readonly string[],
  reason?: string,
): RecordsProblem | undefined {
  const wrong = (description: string): RecordsProblem => ({ state: "wrong", description });
  if (addresses === undefined) {
    return { state: "unknown", description: unansweredLookup(name) };
  }
  if (addresses.length === 0) {
    return wrong(`${name} is not in the DNS yet: add ${describeRecord(expected)} at your registrar.`);
  }
  if (addresses.every(isCloudflare)) {
    const description = `${name} leads to Cloudflare's proxy (${addresses.join(", ")}): it gets a certificate if the proxy passes HTTP on to the VPS.`;
    return { state: "proxy", description };
  }
  const shown = addresses.join(" and ");
  if (addresses.every((address) => isIPv6(address))) {
    return wrong(
      `${name} leads to ${shown}, and https-portal answers by IPv4: add ${describeRecord(expected)} at your registrar.`,
    );
  }
  if (expected.length === 0) {
    const unknown = `${name} leads to ${shown}, which cannot be compared with the VPS`;
    return reason === undefined ? undefined : { state: "unknown", description: `${unknown}: ${reason}` };
  }
  // A VPS that is given by an IPv6 address has an IPv4 one, which is not known here.
  const isIpv4Known = expected.some((address) => !isIPv6(address));
  const others = addresses.filter(
    (address) => !expected.includes(address) && (isIpv4Known || isIPv6(address)),
  );
  if (others.length === addresses.length) {
    return wrong(
      `${name} leads to ${shown}, and the VPS is ${expected.join(" and ")}: change its records at your registrar.`,
    );
  }
  return others.length === 0 ? undefined : wrong(describeOthers(name, others));
}

/** The text about a name for which this machine's resolver does not answer. */
export function unansweredLookup(name: string): string {
  return `${name} cannot be looked up from here: the resolver of this machine does not answer.`;
}

function describeRecord(expected: readonly string[]): string {
  const address = expected.find((each) => !isIPv6(each));
  return `a record A with ${address ?? "the IPv4 address of the VPS"}`;
}

function describeOthers(name: string, addresses: readonly string[]): string {
  const records = addresses
    .map((address) => `${isIPv6(address) ? "AAAA" : "A"} with ${address}`)
    .join(" and ");
  const which = addresses.some((address) => isIPv6(address))
    ? "the IPv6 address first"
    : "any of the addresses";
  const [has, remedy] =
    addresses.length === 1
      ? ["also a record", "Remove that record unless it is the VPS's too."]
      : ["also the records", "Remove those that are not the VPS's too."];
  return `${name} leads to the VPS, and has ${has} ${records}: Let's Encrypt asks ${which}. ${remedy}`;
}

/** Source: https://www.cloudflare.com/ips/ */
const cloudflareRanges = `
  173.245.48.0/20 103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 141.101.64.0/18 108.162.192.0/18 190.93.240.0/20
  188.114.96.0/20 197.234.240.0/22 198.41.128.0/17 162.158.0.0/15 104.16.0.0/13 104.24.0.0/14 172.64.0.0/13
  131.0.72.0/22 2400:cb00::/32 2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32 2a06:98c0::/29
  2c0f:f248::/32`;

const cloudflare = new BlockList();
for (const range of cloudflareRanges.trim().split(/\s+/)) {
  const [network = "", bits] = range.split("/");
  cloudflare.addSubnet(network, Number(bits), isIPv6(network) ? "ipv6" : "ipv4");
}

function isCloudflare(address: string): boolean {
  return cloudflare.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** The addresses of a name by this machine's resolver; none if it does not exist, undefined if the resolver fails. */
export async function addressesOf(name: string): Promise<string[] | undefined> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOTFOUND" ? [] : undefined;
  }
}
