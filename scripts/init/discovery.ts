import { networkInterfaces } from "node:os";
import multicastDns from "multicast-dns";
import { sleep } from "zx";
import { sshGreeting } from "../remote/sshGreeting";

/** Questions in one packet, so that no network has to fragment it. */
const questionsPerPacket = 40;

/**
 * Finds the machines that have a `.local` name and answer SSH, sorted by name, in three to five seconds. A Raspberry
 * Pi announces no service, so a service browser does not find it. But it answers mDNS queries for the name of its
 * address, so the names of all addresses nearby are queried.
 * Source: https://github.com/raspberrypi/linux/issues/5647
 *
 * @returns their names, such as `kube-0.local`, and whether the SSH server is Debian's, as on a Pi
 */
export async function discoverMachines(): Promise<{ host: string; isDebian: boolean }[]> {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
  const names = new Map((await Promise.all(own.map(askForNames))).flatMap((found) => [...found]));
  // This machine answers too.
  own.forEach((address) => names.delete(address));
  const machines = await Promise.all(
    [...names].map(async ([address, host]) => {
      const greeting = await sshGreeting(address, 22, 2);
      return "banner" in greeting ? [{ host, isDebian: /Debian|Raspbian/.test(greeting.banner) }] : [];
    }),
  );
  // A machine with both a cable and Wi-Fi has two addresses.
  const byHost = new Map(machines.flat().map((machine) => [machine.host, machine]));
  return [...byHost.values()].sort((a, b) => a.host.localeCompare(b.host, "en", { numeric: true }));
}

/** Queries the names of the addresses near one of this machine's, twice, as packets may get lost. */
async function askForNames(own: string): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const addresses = new Map(addressesNear(own).map((address) => [reverseName(address), address]));
  // Multicasts do not reach a socket that is bound to an address.
  const mdns = multicastDns({ interface: own, bind: "0.0.0.0" });
  // Where another program has the port for itself, nothing is found.
  mdns.on("error", () => undefined);
  mdns.on("response", ({ answers }) => {
    for (const answer of answers) {
      const address = addresses.get(answer.name.toLowerCase());
      if (answer.type === "PTR" && address !== undefined) {
        names.set(address, answer.data.toLowerCase());
      }
    }
  });
  for (let round = 0; round < 2; round++) {
    const questions = [...addresses.keys()].map((name) => ({ name, type: "PTR" as const }));
    while (questions.length > 0) {
      mdns.query({ questions: questions.splice(0, questionsPerPacket) });
    }
    await sleep(1500);
  }
  await new Promise<void>((resolve) => {
    mdns.destroy(resolve);
  });
  return names;
}

/** The addresses that differ in the last number only: all of a home network, and a small part of a larger one. */
function addressesNear(address: string): string[] {
  const network = address.replace(/\.\d+$/, "");
  return Array.from({ length: 254 }, (_, index) => `${network}.${index + 1}`);
}

function reverseName(address: string): string {
  return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
}
