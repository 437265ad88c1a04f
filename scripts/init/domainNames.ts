import { lookup } from "node:dns/promises";

/** The names at which the services answer; each needs a record in the DNS. */
export function namesOf(domain: string): string[] {
  return ["influxdb", "grafana", "telegraf"].map((service) => `${service}.${domain}`);
}

/** The names that do not lead to the VPS, a line each: no certificate is signed for such a one. */
export async function strayNames(domain: string, vpsHost: string): Promise<string[]> {
  const [expected, ...found] = await Promise.all([vpsHost, ...namesOf(domain)].map(addressesOf));
  return namesOf(domain).flatMap((name, index) => describeName(name, found[index] ?? [], expected ?? []));
}

/** @param expected the addresses of the VPS, the first of which is named */
export function describeName(
  name: string,
  addresses: readonly string[],
  expected: readonly string[],
): string[] {
  if (addresses.length === 0) {
    return [
      `${name} is not in the DNS yet: add a record A with ${expected[0] ?? "the address of the VPS"} at your registrar.`,
    ];
  }
  return addresses.some((address) => expected.includes(address))
    ? []
    : [`${name} leads to ${addresses.join(" and ")}, and the VPS is ${expected.join(" and ")}.`];
}

/** As this machine's resolver knows them; none for a name that there is not. */
export async function addressesOf(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
