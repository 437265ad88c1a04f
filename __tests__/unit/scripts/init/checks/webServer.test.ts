import { settingsFor } from "../../../../../scripts/init/checks/adoption";
import { findWebServer, webServerWarnings } from "../../../../../scripts/init/checks/webServer";
import { parsePortOwners } from "../../../../../scripts/remote/portOwners";

const nothing = { inTheWay: [], networks: [], volumes: [] };
const listener = (port: number, more: string): string => `listener=0.0.0.0:${port} ${more}`;

const caddy = "caddy /system.slice/caddy.service";
const owners = parsePortOwners([listener(80, caddy), listener(443, caddy)].join("\n"));

test("a free server has no web server", () => {
  expect(findWebServer(parsePortOwners(listener(8080, caddy)))).toBeUndefined();
  expect(webServerWarnings(undefined, "vps")).toEqual([]);
  expect(settingsFor(nothing)).toEqual({});
});

test.each([
  [
    "Caddy",
    [listener(80, caddy), listener(443, caddy)],
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
    [listener(80, "- -"), listener(443, "- -")],
    ["vps: another process has port 80 and 443, which https-portal would take."],
  ],
])("%s is named, and keeps its ports", (_, lines, said) => {
  const webServer = findWebServer(parsePortOwners(lines.join("\n")));
  const [warning] = webServerWarnings(webServer, "vps");
  expect(warning?.lines).toEqual(said);
  expect(warning?.question).toContain("(grafana 3000, telegraf 8080, influxdb 8086)");
  expect(settingsFor({ ...nothing, webServer })).toEqual({
    ingress: { loopback: { grafana: 3000, telegraf: 8080, influxdb: 8086 } },
  });
});

test("ports that are taken are skipped", () => {
  const taken = parsePortOwners(
    [
      listener(443, "caddy -"),
      "listener=127.0.0.1:3000 - -",
      "listener=[::]:8080 - -",
      "listener=127.0.0.53%lo:8081 - -",
      "listener=*:8086 - -",
    ].join("\n"),
  );
  expect(findWebServer(taken)?.ports).toEqual({ grafana: 3001, telegraf: 8081, influxdb: 8087 });
});

test("an InfluxDB without a network gets no port", () => {
  const webServer = findWebServer(owners);
  const influxdb = { container: "influxdb", network: undefined };
  expect(settingsFor({ ...nothing, webServer, influxdb })).toMatchObject({
    ingress: { loopback: { grafana: 3000, telegraf: 8080 } },
  });
  expect(settingsFor({ ...nothing, webServer, influxdb }).ingress?.loopback).not.toHaveProperty("influxdb");
});

test("a stack of this program has its own", () => {
  expect(settingsFor({ ...nothing, stack: "other", webServer: findWebServer(owners) })).toEqual({});
});
