import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Server } from "../../../../scripts/remote/server";
import {
  requireFreeNames,
  requireFreeNetworks,
  requireFreePorts,
  requireOwnVolumes,
} from "../../../../scripts/stack/serverPreflight";
import { exampleSettings } from "../../../support/exampleSettings";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const path = process.env["PATH"];

/** A server on this machine with these settings. */
function serverWith(changes: object): Parameters<typeof requireOwnVolumes>[0] {
  return { settings: exampleSettings({ vps: "local", ...changes }), server: new Server("local") };
}

/** Looks at an engine with these volumes or containers, each with the stack of its label. */
function look(
  changes: object,
  objects: readonly string[],
  exitCode = 0,
  check = requireOwnVolumes,
): Promise<void> {
  const docker = join(folder, "docker");
  writeFileSync(
    docker,
    `#!/bin/sh\nprintf '%s\\n' ${objects.map((each) => `"${each}"`).join(" ")}\nexit ${exitCode}\n`,
  );
  chmodSync(docker, 0o755);
  return check(serverWith(changes));
}

beforeAll(() => {
  process.env["PATH"] = [folder, path].join(delimiter);
});

afterAll(() => {
  process.env["PATH"] = path;
});

const { stack } = exampleSettings();

test("volumes of this stack, and of other names, are no conflict", async () => {
  await look({}, []);
  await look({}, [`influxdb2 ${stack}`, `grafana-storage ${stack}`, `https-portal ${stack}`, "photos "]);
});

test("an existing volume is named, with both ways to continue", async () => {
  await expect(
    look({}, ["grafana-storage ", "influxdb2 another-stack", `https-portal ${stack}`]),
  ).rejects.toMatchObject({
    message: [
      "The server has volumes that this stack has not made:",
      "influxdb2: to go on with what is in it, set existing.volumes.influxdb; to lose its data, run `docker volume rm influxdb2` on the server",
      "grafana-storage: to go on with what is in it, set existing.volumes.grafana; to lose its data, run `docker volume rm grafana-storage` on the server",
      "Nothing was changed.",
    ].join("\n"),
  });
});

test.each([
  [{}, ["influxdb2", "grafana-storage", "telegraf", "ingest-spool", "https-portal"]],
  [
    { influxdb: { url: "http://influxdb:8086", writeToken: "w", readToken: "r" } },
    ["grafana-storage", "telegraf", "ingest-spool", "https-portal"],
  ],
  [
    {
      existing: { httpsPortal: "portal", volumes: { influxdb: "influxdb2" } },
      influxdb: { adminToken: "a" },
    },
    ["grafana-storage", "telegraf", "ingest-spool", "ingest"],
  ],
  [
    { ingress: { loopback: { grafana: 3000, telegraf: 8080 } } },
    ["influxdb2", "grafana-storage", "telegraf", "ingest-spool", "ingress"],
  ],
])("every volume that the stack makes must be its own: %j", async (changes, names) => {
  const all = [
    "influxdb2",
    "grafana-storage",
    "telegraf",
    "ingest-spool",
    "https-portal",
    "ingest",
    "ingress",
  ];
  const error: unknown = await look(changes, [...all.map((each) => `${each} `), "photos "]).catch(
    (reason: unknown) => reason,
  );
  const lines = error instanceof Error ? error.message.split("\n").slice(1, -1) : [];
  expect(lines.map((line) => line.replace(/: .*/, ""))).toEqual(names);
  expect(lines).toContain("telegraf: to lose its data, run `docker volume rm telegraf` on the server");
});

test("what the settings name is used, and what is not made is not looked for", async () => {
  await look({ existing: { volumes: { grafana: "grafana-storage" } } }, ["grafana-storage "]);
  await look({ existing: { httpsPortal: "portal" } }, ["https-portal "]);
});

test("an engine that does not answer is for the deploy to report", async () => {
  await look({}, ["grafana-storage "], 1);
});

describe("the names of the containers", () => {
  const lookAtContainers = (changes: object, containers: readonly string[], exitCode = 0): Promise<void> =>
    look(changes, containers, exitCode, requireFreeNames);
  const external = { influxdb: { url: "http://influxdb:8086", writeToken: "w", readToken: "r" } };
  const foreign = [
    "influxdb ",
    "telegraf another-stack",
    "telegraf-behind-gate ",
    "grafana ",
    "https-portal ",
    "ingest ",
    "ingress ",
  ];

  test("may be those of this stack, and other names do not matter", async () => {
    await lookAtContainers({}, [`influxdb ${stack}`, `grafana ${stack}`, "shop ", "telegraf-behind-gate "]);
    await lookAtContainers({}, foreign, 1);
  });

  test.each<[object, string]>([
    [{}, "influxdb, telegraf, grafana, https-portal"],
    [{ existing: { httpsPortal: "https-portal" }, ...external }, "telegraf-behind-gate, grafana, ingest"],
    [{ ingress: { loopback: { grafana: 3000 } } }, "influxdb, telegraf, grafana, ingress"],
  ])("are refused where another stack or the user has them: %j", async (changes, names) => {
    await expect(lookAtContainers(changes, foreign)).rejects.toThrow(`with names that it needs: ${names}. `);
  });
});

describe("the networks", () => {
  const lookAtNetworks = (changes: object, networks: readonly string[], exitCode = 0): Promise<void> =>
    look(changes, networks, exitCode, requireFreeNetworks);
  const foreign = ["bridge ", "influxdb another-stack", "telegraf ", "grafana "];

  test("may be those of this stack, and those that the settings name", async () => {
    await lookAtNetworks({}, ["bridge ", `influxdb ${stack}`, `telegraf ${stack}`, `grafana ${stack}`]);
    const networks = { influxdb: "influxdb", telegraf: "telegraf", grafana: "grafana" };
    await lookAtNetworks({ existing: { networks } }, foreign);
    await lookAtNetworks({}, foreign, 1);
  });

  test.each<[object, string[]]>([
    [{}, ["influxdb", "grafana", "telegraf"]],
    [{ existing: { networks: { grafana: "grafana" } } }, ["influxdb", "telegraf"]],
    [
      { influxdb: { url: "https://influxdb.example.org", writeToken: "w", readToken: "r" } },
      ["grafana", "telegraf"],
    ],
  ])("are refused where another stack or the user has them: %j", async (changes, names) => {
    await expect(lookAtNetworks(changes, foreign)).rejects.toMatchObject({
      message: [
        "The server has networks that this stack has not made:",
        ...names.map(
          (name) =>
            `${name}: to use it, set existing.networks.${name}; if nothing needs it, run \`docker network rm ${name}\` on the server`,
        ),
        "Nothing was changed.",
      ].join("\n"),
    });
  });
});

describe("the ports of the ingress", () => {
  const loopback = { grafana: 3000, telegraf: 8080 };

  /** Looks at a server of which ss and `docker ps` show these lines. */
  function lookAtPorts(
    changes: object,
    sockets: readonly string[],
    containers: readonly string[] = [],
  ): Promise<void> {
    for (const [name, lines] of Object.entries({ ss: sockets, docker: containers })) {
      const file = join(folder, name);
      writeFileSync(file, `#!/bin/sh\ncat <<'END'\n${lines.join("\n")}\nEND\n`);
      chmodSync(file, 0o755);
    }
    return requireFreePorts(serverWith(changes));
  }

  const nginx = 'users:(("nginx",pid=7,fd=6)) ino:1 sk:1 cgroup:/system.slice/nginx.service <->';
  const listens = (address: string, more = ""): string => `LISTEN 0 511 ${address} 0.0.0.0:* ${more}`;

  test.each<[string, string[]]>([
    ["nothing else listens", []],
    ["others have ports 80 and 443", [listens("0.0.0.0:80", nginx), listens("[::]:443", nginx)]],
    [
      "another address has them",
      [listens("192.168.1.2:3000"), listens("127.0.0.2:8080"), listens("[::1]:8080")],
    ],
  ])("are free where %s", async (_, sockets) => {
    await lookAtPorts({ ingress: { loopback } }, sockets);
  });

  test("may be those of this stack's own container", async () => {
    const container = `ingress|${stack}|127.0.0.1:3000->3000/tcp, 127.0.0.1:8080->8080/tcp`;
    await lookAtPorts({ ingress: { loopback } }, [listens("127.0.0.1:3000")], [container]);
    const portal = `https-portal|${stack}|0.0.0.0:80->80/tcp, :::80->80/tcp, 0.0.0.0:443->443/tcp, :::443->443/tcp`;
    await lookAtPorts({}, [listens("0.0.0.0:80"), listens("*:443")], [portal]);
  });

  test.each([
    ["127.0.0.1:3000", nginx, "nginx (nginx.service)"],
    ["0.0.0.0:3000", 'users:(("node",pid=7,fd=6))', "node"],
    ["*:3000", "cgroup:/system.slice/my-app.service <->", "my-app.service"],
    ["[::]:3000", "", "another process"],
  ])("are refused where %s is taken by %s", async (address, more, name) => {
    await expect(lookAtPorts({ ingress: { loopback } }, [listens(address, more)])).rejects.toMatchObject({
      message: [
        "Ports of the server are taken:",
        `ingress.loopback.grafana = 3000: ${name} has this port; give another port, or stop that process`,
        "Nothing was changed.",
      ].join("\n"),
    });
  });

  test("are refused where a container has them, also one of a range", async () => {
    const containers = [
      "wiki||0.0.0.0:2999-3001->80-82/tcp, 9000/tcp",
      "ingress|other|127.0.0.1:8080->8080/tcp",
    ];
    await expect(
      lookAtPorts(
        { ingress: { loopback } },
        [listens("0.0.0.0:3000", 'users:(("docker-proxy",pid=7,fd=6))')],
        containers,
      ),
    ).rejects.toMatchObject({
      message: [
        "Ports of the server are taken:",
        "ingress.loopback.grafana = 3000: the container wiki has this port; give another port, or stop that process",
        "ingress.loopback.telegraf = 8080: the container ingress has this port; give another port, or stop that process",
        "Nothing was changed.",
      ].join("\n"),
    });
  });

  test("are 80 and 443 with https-portal, and none beside an existing portal", async () => {
    const sockets = [listens("0.0.0.0:80", nginx), listens("0.0.0.0:443", nginx)];
    const keep = "nginx (nginx.service) has it; stop it, or keep it with ingress.loopback (docs/fronts.md)";
    await expect(lookAtPorts({}, sockets)).rejects.toMatchObject({
      message: `Ports of the server are taken:\nhttps-portal needs port 80: ${keep}\nhttps-portal needs port 443: ${keep}\nNothing was changed.`,
    });
    await lookAtPorts({ existing: { httpsPortal: "portal" } }, sockets);
  });
});
