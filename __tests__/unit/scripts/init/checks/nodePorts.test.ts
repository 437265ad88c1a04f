import {
  describeOthers,
  portWarnings,
  portsOf,
  proposePorts,
} from "../../../../../scripts/init/checks/nodePorts";
import type { MachineFacts } from "../../../../../scripts/init/machine/machineFacts";

const host = "kube-0.local";
const free: MachineFacts = {
  hostname: "kube-0",
  architecture: "aarch64",
  listens: [],
  packages: {},
  taken: new Map(),
  others: [],
  own: [],
};

function taken(...ports: readonly number[]): MachineFacts["taken"] {
  return new Map(ports.map((port) => [port, ""]));
}

/** The numbers from one to another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe("a node gets the first free ports above usual ones that are taken", () => {
  test.each<[string, Partial<MachineFacts>, boolean, object]>([
    ["none is taken", {}, true, {}],
    ["one is taken", { taken: taken(9100) }, true, { nodeExporter: 9101 }],
    ["both are taken", { taken: taken(9090, 9100) }, true, { nodeExporter: 9101, prometheus: 9091 }],
    ["the next ones are taken, too", { taken: taken(9100, 9101, 9102) }, true, { nodeExporter: 9103 }],
    ["Prometheus does not run there", { taken: taken(9090) }, false, {}],
    ["ours has its own", { taken: taken(9090, 9100), own: ["nodeExporter"] }, true, { prometheus: 9091 }],
    [
      "only node_exporter's usual one is left",
      { taken: taken(...range(9090, 9099)) },
      true,
      { prometheus: 9101 },
    ],
    [
      "one above both is left for each",
      { taken: taken(...range(9090, 9149)) },
      true,
      { nodeExporter: 9150, prometheus: 9151 },
    ],
  ])("where %s", (_, change, isMaster, ports) => {
    expect(portsOf(proposePorts({ ...free, ...change }, host, isMaster))).toEqual(ports);
  });

  test("or is refused where there is none", () => {
    expect(() => proposePorts({ ...free, taken: taken(...range(9100, 9199)) }, host, true)).toThrow(
      "kube-0.local: no port from 9100 to 9199 is free for node_exporter",
    );
  });
});

test.each<[string, Partial<MachineFacts>, string]>([
  ["a unit", { taken: new Map([[9100, "/system.slice/other-9100.service"]]) }, "other-9100.service"],
  [
    "a container of Docker's",
    { taken: new Map([[9100, `/system.slice/docker-${"0a".repeat(32)}.scope`]]) },
    "a container",
  ],
  [
    "a container of Kubernetes",
    {
      taken: new Map([[9100, `/kubepods.slice/kubepods-pod1.slice/cri-containerd-${"0a".repeat(32)}.scope`]]),
    },
    "a container",
  ],
  [
    "most likely the daemon that runs there",
    {
      taken: taken(9100),
      others: [{ daemon: "nodeExporter", group: "/system.slice/prometheus-node-exporter.service" }],
    },
    "prometheus-node-exporter.service",
  ],
  [
    "a daemon without a unit",
    { taken: taken(9100), others: [{ daemon: "nodeExporter", group: "/user.slice/session-1.scope" }] },
    "another node_exporter",
  ],
  [
    "an unknown owner",
    { taken: taken(9100), others: [{ daemon: "prometheus", group: "/" }] },
    "another program",
  ],
])("the owner of a port is named: %s", (_, change, owner) => {
  const proposals = proposePorts({ ...free, ...change }, host, true);
  expect(portWarnings([{ host, proposals }])).toEqual([
    {
      lines: [`kube-0.local: ${owner} has port 9100; this program's node_exporter takes 9101.`],
      question: "Continue with these ports? The other programs keep theirs.",
      flag: "yes",
    },
  ]);
});

test("nothing is asked where no port is taken", () => {
  expect(portWarnings([{ host, proposals: proposePorts(free, host, true) }])).toEqual([]);
});

test("daemons of others are listed, those of a unit once", () => {
  const unit = { daemon: "prometheus", group: "/system.slice/prometheus.service" } as const;
  const others: MachineFacts["others"] = [unit, unit, { daemon: "nodeExporter", group: "/user.slice" }];
  expect(describeOthers({ ...free, others }, host)).toEqual([
    "kube-0.local: Prometheus already runs there (prometheus.service); it stays as it is.",
    "kube-0.local: node_exporter already runs there; it stays as it is.",
  ]);
});
