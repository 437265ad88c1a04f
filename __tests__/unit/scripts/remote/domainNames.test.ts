import { lookup } from "node:dns/promises";
import { describeName, recordsProblems } from "../../../../scripts/remote/domainNames";

jest.mock("node:dns/promises");

const vps = ["203.0.113.7", "2001:db8::7"];
const name = "grafana.example.com";

test.each([
  [["203.0.113.7"], vps],
  [vps, vps],
  // The IPv4 address of a VPS that is given by its IPv6 address is not known.
  [vps, ["2001:db8::7"]],
  [["203.0.113.7"], ["2001:db8::7"]],
])("a name that leads to %j is right for a VPS that is %j", (addresses, expected) => {
  expect(describeName(name, addresses, expected)).toBeUndefined();
});

test.each<[string, readonly string[] | undefined, readonly string[], string, string]>([
  [
    "is missing",
    [],
    vps,
    "wrong",
    "grafana.example.com is not in the DNS yet: add a record A with 203.0.113.7 at your registrar.",
  ],
  [
    "is missing, for a VPS that is given by its IPv6 address",
    [],
    ["2001:db8::7"],
    "wrong",
    "grafana.example.com is not in the DNS yet: add a record A with the IPv4 address of the VPS at your registrar.",
  ],
  [
    "has a record AAAA only",
    ["2001:db8::7"],
    vps,
    "wrong",
    "grafana.example.com leads to 2001:db8::7, and https-portal answers by IPv4: add a record A with 203.0.113.7 at your registrar.",
  ],
  [
    "has a record AAAA that may be old, for a VPS that is given by its IPv6 address",
    ["203.0.113.7", "2001:db8:dead::1"],
    ["2001:db8::7"],
    "wrong",
    "grafana.example.com leads to the VPS, and has also a record AAAA with 2001:db8:dead::1: Let's Encrypt asks the IPv6 address first. Remove that record unless it is the VPS's too.",
  ],
  [
    "is missing, for a VPS whose own name is",
    [],
    [],
    "wrong",
    "grafana.example.com is not in the DNS yet: add a record A with the IPv4 address of the VPS at your registrar.",
  ],
  [
    "leads elsewhere",
    ["198.51.100.1"],
    vps,
    "wrong",
    "grafana.example.com leads to 198.51.100.1, and the VPS is 203.0.113.7 and 2001:db8::7: change its records at your registrar.",
  ],
  [
    "has a record AAAA that may be old",
    ["203.0.113.7", "2001:db8:dead::1"],
    ["203.0.113.7"],
    "wrong",
    "grafana.example.com leads to the VPS, and has also a record AAAA with 2001:db8:dead::1: Let's Encrypt asks the IPv6 address first. Remove that record unless it is the VPS's too.",
  ],
  [
    "has a record A that may be old",
    ["203.0.113.7", "198.51.100.1"],
    vps,
    "wrong",
    "grafana.example.com leads to the VPS, and has also a record A with 198.51.100.1: Let's Encrypt asks any of the addresses. Remove that record unless it is the VPS's too.",
  ],
  [
    "has two records that may be old",
    ["203.0.113.7", "198.51.100.1", "2001:db8:dead::1"],
    vps,
    "wrong",
    "grafana.example.com leads to the VPS, and has also the records A with 198.51.100.1 and AAAA with 2001:db8:dead::1: Let's Encrypt asks the IPv6 address first. Remove those that are not the VPS's too.",
  ],
  [
    "leads to a proxy",
    ["104.21.3.4", "172.67.1.2", "2606:4700:3030::6815:304"],
    vps,
    "proxy",
    "grafana.example.com leads to Cloudflare's proxy (104.21.3.4, 172.67.1.2, 2606:4700:3030::6815:304): it gets a certificate if the proxy passes HTTP on to the VPS.",
  ],
  [
    "cannot be looked up",
    undefined,
    vps,
    "unknown",
    "grafana.example.com cannot be looked up from here: the resolver of this machine does not answer.",
  ],
])("a name that %s is described with what it takes", (_, addresses, expected, state, description) => {
  expect(describeName(name, addresses, expected)).toEqual({ state, description });
});

test("a proxy and an address beside it are no proxy: Let's Encrypt may ask either", () => {
  expect(describeName(name, ["104.21.3.4", "198.51.100.1"], vps)?.state).toBe("wrong");
});

const vpsIsMissing = "vps.invalid is not in the DNS.";

test("records that cannot be compared may be right, and are described with the reason", () => {
  expect(describeName(name, ["203.0.113.7", "2001:db8::7"], [], vpsIsMissing)).toEqual({
    state: "unknown",
    description: `grafana.example.com leads to 203.0.113.7 and 2001:db8::7, which cannot be compared with the VPS: ${vpsIsMissing}`,
  });
  expect(describeName(name, ["203.0.113.7"], [])).toBeUndefined();
});

test.each([
  ["a VPS whose name does not exist", "ENOTFOUND", vpsIsMissing],
  [
    "a resolver that does not answer for the VPS",
    "EAI_AGAIN",
    "vps.invalid cannot be looked up from here: the resolver of this machine does not answer.",
  ],
])("%s is told apart", async (_, code, reason) => {
  jest
    .mocked(lookup)
    .mockImplementation(((host: string) =>
      host === "vps.invalid"
        ? Promise.reject(Object.assign(new Error(code), { code }))
        : Promise.resolve([{ address: "203.0.113.7", family: 4 }])) as typeof lookup);
  expect(await recordsProblems([name], "vps.invalid")).toEqual([
    {
      state: "unknown",
      description: `grafana.example.com leads to 203.0.113.7, which cannot be compared with the VPS: ${reason}`,
    },
  ]);
  expect(await recordsProblems([name], undefined)).toEqual([]);
});
