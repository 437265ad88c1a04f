import { settingsFor } from "../../../../../scripts/init/checks/adoption";
import { findFront, frontDoubts } from "../../../../../scripts/init/checks/front";
import { parsePortOwners } from "../../../../../scripts/remote/serverPorts";

const nothing = { inTheWay: [], networks: [], volumes: [] };
const listener = (port: number, more: string): string => `listener=0.0.0.0:${port} ${more}`;

test("a free server has no web server", () => {
  expect(frontDoubts(undefined, "vps")).toEqual([]);
  expect(settingsFor(nothing)).toEqual({});
});

test.each([
  [
    "Caddy",
    [listener(80, "caddy /system.slice/caddy.service"), listener(443, "caddy /system.slice/caddy.service")],
    ["vps: caddy (caddy.service) has port 80 and 443, which https-portal would take."],
  ],
  [
    "a container",
    ["published=traefik||0.0.0.0:80->80/tcp, [::]:80->80/tcp, 0.0.0.0:443->443/tcp"],
    ["vps: the container traefik has port 80 and 443, which https-portal would take."],
  ],
  [
    "two",
    [listener(80, "lighttpd -"), listener(443, "haproxy -")],
    [
      "vps: lighttpd has port 80, which https-portal would take.",
      "vps: haproxy has port 443, which https-portal would take.",
    ],
  ],
  [
    "one that is not seen",
    [listener(80, "- -")],
    ["vps: another process has port 80 and 443, which https-portal would take."],
  ],
])("%s is named, and keeps its ports", (_, lines, said) => {
  const front = findFront([80, 443], parsePortOwners(lines.join("\n")));
  const [doubt] = frontDoubts(front, "vps");
  expect(doubt?.lines).toEqual(said);
  expect(doubt?.question).toContain("(grafana 3000, telegraf 8080, influxdb 8086)");
  expect(settingsFor({ ...nothing, front })).toEqual({
    ingress: { loopback: { grafana: 3000, telegraf: 8080, influxdb: 8086 } },
  });
});

test("ports that are taken are passed over", () => {
  const owners = parsePortOwners(
    [
      "listener=127.0.0.1:3000 - -",
      "listener=[::]:8080 - -",
      "listener=127.0.0.53%lo:8081 - -",
      "listener=*:8086 - -",
    ].join("\n"),
  );
  expect(findFront([443], owners).ports).toEqual({ grafana: 3001, telegraf: 8081, influxdb: 8087 });
});

test("an InfluxDB without a network is not led to", () => {
  const front = findFront([443], []);
  const influxdb = { container: "influxdb", network: undefined };
  expect(settingsFor({ ...nothing, front, influxdb })).toMatchObject({
    ingress: { loopback: { grafana: 3000, telegraf: 8080 } },
  });
  expect(settingsFor({ ...nothing, front, influxdb }).ingress?.loopback).not.toHaveProperty("influxdb");
});

test("a stack of this program has its own", () => {
  expect(settingsFor({ ...nothing, stack: "other", front: findFront([80, 443], []) })).toEqual({});
});
