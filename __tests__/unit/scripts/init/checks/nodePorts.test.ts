import { describeOthers, portWarnings, proposePorts } from "../../../../../scripts/init/checks/nodePorts";
import type { MachineFacts } from "../../../../../scripts/init/machine/machineFacts";
import { parsePortOwners, type PortOwner } from "../../../../../scripts/remote/portOwners";

const host = "kube-0.local";
const free: MachineFacts = {
  hostname: "kube-0",
  architecture: "aarch64",
  packages: {},
  others: [],
  own: [],
};

/** What has these ports: a process in a control group, or `-` for one whose group the kernel does not show. */
function owners(ports: readonly number[], group = "-"): PortOwner[] {
  return parsePortOwners(ports.map((port) => `listener=*:${port} - ${group}`).join("\n"));
}

/** The ports that are proposed for daemons on a node with these taken ones. */
function proposed(taken: readonly number[], isMaster = true, facts = free): object {
  const proposals = proposePorts(facts, owners(taken), host, isMaster);
  return Object.fromEntries(proposals.map(({ daemon, port }) => [daemon, port]));
}

/** The numbers from one to another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe("a node gets the first free ports above usual ones that are taken", () => {
  test.each<[string, readonly number[], boolean, object]>([
    ["none is taken", [], true, {}],
    ["one is taken", [9100], true, { nodeExporter: 9101 }],
    ["both are taken", [9090, 9100], true, { nodeExporter: 9101, prometheus: 9091 }],
    ["the next ones are taken, too", [9100, 9101, 9102], true, { nodeExporter: 9103 }],
    ["Prometheus does not run there", [9090], false, {}],
    [
      "9090 to 9099 are taken, and Prometheus steps over 9100, which node_exporter takes",
      range(9090, 9099),
      true,
      { prometheus: 9101 },
    ],
    ["9090 to 9149 are taken", range(9090, 9149), true, { nodeExporter: 9150, prometheus: 9151 }],
  ])("where %s", (_, taken, isMaster, ports) => {
    expect(proposed(taken, isMaster)).toEqual(ports);
  });

  test("no other port is proposed for this program's own daemon, which has its port", () => {
    const facts: MachineFacts = { ...free, own: ["nodeExporter"] };
    expect(proposed([9090, 9100], true, facts)).toEqual({ prometheus: 9091 });
  });

  test("a node without a free port is refused", () => {
    expect(() => proposePorts(free, owners(range(9100, 9199)), host, true)).toThrow(
      "kube-0.local: no port from 9100 to 9199 is free for node_exporter",
    );
  });
});

test.each<[string, string, MachineFacts["others"], string]>([
  ["a unit", "/system.slice/other-9100.service", [], "other-9100.service"],
  ["a container of Docker's", `/system.slice/docker-${"0a".repeat(32)}.scope`, [], "a container"],
  [
    "a container of Kubernetes",
    `/kubepods.slice/kubepods-pod1.slice/cri-containerd-${"0a".repeat(32)}.scope`,
    [],
    "a container",
  ],
  [
    "most likely the daemon that runs there",
    "-",
    [{ daemon: "nodeExporter", group: "/system.slice/prometheus-node-exporter.service" }],
    "prometheus-node-exporter.service",
  ],
  [
    "a daemon without a unit",
    "-",
    [{ daemon: "nodeExporter", group: "/user.slice/session-1.scope" }],
    "another node_exporter",
  ],
  ["an unknown owner", "-", [{ daemon: "prometheus", group: "/" }], "another program"],
])("the owner of a port is named: %s", (_, group, others, owner) => {
  expect(portWarnings(proposePorts({ ...free, others }, owners([9100], group), host, true))).toEqual([
    {
      lines: [`kube-0.local: ${owner} has port 9100; this program's node_exporter takes 9101.`],
      question: "Continue with these ports? The other programs keep theirs.",
      flag: "yes",
    },
  ]);
});

test("nothing is asked where no port is taken", () => {
  expect(portWarnings(proposePorts(free, [], host, true))).toEqual([]);
});

test("daemons of others are listed, those of a unit once", () => {
  const unit = { daemon: "prometheus", group: "/system.slice/prometheus.service" } as const;
  const others: MachineFacts["others"] = [unit, unit, { daemon: "nodeExporter", group: "/user.slice" }];
  expect(describeOthers({ ...free, others }, host)).toEqual([
    "kube-0.local: Prometheus already runs there (prometheus.service); it stays as it is.",
    "kube-0.local: node_exporter already runs there; it stays as it is.",
  ]);
});
