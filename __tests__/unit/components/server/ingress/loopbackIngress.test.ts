import { parse } from "smol-toml";
import { backedUp, backedUpByOthers } from "../../../../../components/server/backup/backup";
import { renderIngestNginx } from "../../../../../components/server/ingress/ingestNginx";
import { exampleSettings } from "../../../../support/exampleSettings";
import type { RecordedResource } from "../../../../support/recordResources";
import {
  containerInputs,
  containerType,
  find,
  recordServer,
  volumeType,
} from "../../../../support/recordServer";
import { containerStops } from "../../../../../components/server/engine/containerStops";

const loopback = { grafana: 3000, telegraf: 18080, influxdb: 8086 };
const all = ["influxdb", "telegraf", "grafana"];
let resources: RecordedResource[];

beforeAll(async () => {
  resources = await recordServer({ ingress: { loopback } });
});

function namesOf(recorded: readonly RecordedResource[], type: string): unknown[] {
  return recorded.filter((each) => each.type === type).map(({ inputs }) => inputs["name"]);
}

function portsOf(recorded: readonly RecordedResource[]): unknown {
  return find(recorded, containerType, "server-loopback-ingress").inputs["ports"];
}

test("takes the portal's place, and the services keep their names", () => {
  const made = (type: string): unknown[] => namesOf(resources, type).sort();
  expect(made(containerType)).toEqual(["grafana", "influxdb", "ingress", "telegraf"]);
  expect(made(volumeType)).toEqual(["grafana-storage", "influxdb2", "ingest-spool", "ingress", "telegraf"]);
});

test("is one nginx on all networks, with ports of 127.0.0.1 only", () => {
  const { inputs } = find(resources, containerType, "server-loopback-ingress");
  expect(inputs).toEqual(
    containerInputs(
      {
        name: "ingress",
        networks: all,
        healthCheck: ["CMD", "service", "nginx", "status"],
        memory: 128,
        stop: containerStops.loopbackIngress,
      },
      {
        image: "sha256:server-loopback-ingress-image",
        entrypoints: ["nginx", "-g", "daemon off;"],
        volumes: [
          { volumeName: "ingress", containerPath: "/var/lib/https-portal" },
          { volumeName: "ingest-spool", containerPath: "/var/spool/ingest" },
        ],
        uploads: [
          {
            file: "/etc/nginx/nginx.conf",
            content: renderIngestNginx(
              "loopbackIngress",
              {
                influxdb: "http://influxdb:8086",
                grafana: "http://grafana:3000",
                telegraf: "http://telegraf:8080",
              },
              { include: "" },
            ),
          },
        ],
        ports: [
          { internal: 3000, external: 3000, ip: "127.0.0.1" },
          { internal: 8080, external: 18080, ip: "127.0.0.1" },
          { internal: 8086, external: 8086, ip: "127.0.0.1" },
        ],
      },
    ),
  );
});

test("no other container has ports of the host", () => {
  const withPorts = resources.filter(({ type, inputs }) => type === containerType && "ports" in inputs);
  expect(withPorts.map(({ inputs }) => inputs["name"])).toEqual(["ingress"]);
});

test.each([
  [{ grafana: 3000 }, [{ internal: 3000, external: 3000, ip: "127.0.0.1" }]],
  [{}, []],
])("with %j exposes no other service", async (ports, expected) => {
  expect(portsOf(await recordServer({ ingress: { loopback: ports } }))).toEqual(expected);
});

test("Telegraf asks each exposed name for its certificate, and nginx how many requests there were", async () => {
  const recorded = await recordServer({ ingress: { loopback: { grafana: 3000, telegraf: 8080 } } });
  const { uploads } = find(recorded, containerType, "server-telegraf").inputs as {
    uploads: { file: string; content: string }[];
  };
  const { content = "" } = uploads.find(({ file }) => file === "/etc/telegraf/telegraf.conf") ?? {};
  expect(parse(content)).toMatchObject({
    inputs: {
      nginx: [{ urls: ["http://ingress:8081/status"] }],
      x509_cert: [
        { sources: ["tcp://grafana.example.com:443"], server_name: "grafana.example.com" },
        { sources: ["tcp://telegraf.example.com:443"], server_name: "telegraf.example.com" },
      ],
    },
  });
});

test("accepts each master's credential in its own container", () => {
  const script = find(resources, "command:local:Command", "server-ingest-kube-0-accepted");
  expect(script.inputs["create"]).toBe("docker exec -i ingress sh -s -- accept");
});

test("backups leave the certificates to the web server", () => {
  const settings = exampleSettings({ ingress: { loopback } });
  expect(backedUp(settings).map(({ container }) => container)).toEqual(["influxdb", "grafana"]);
  expect(backedUpByOthers(settings)).toEqual(["the web server on ports 80 and 443, and its certificates"]);
});
