import { compare } from "../../../../scripts/stack/upgrades";

test.each([
  ["influxdb", "influxdb:2.9.1", "influxdb:2.10.0"],
  ["influxdb", "influxdb:2.7.11", "influxdb:2.6.1"],
  ["influxdb", "influxdb:2.9.1", "influxdb:2.8.0"],
  ["grafana", "grafana/grafana:12.3.0", "grafana/grafana:13.0.0"],
  ["grafana", "grafana/grafana:12.3.0", "grafana/grafana:12.2.9"],
  ["grafana", "grafana/grafana:12.3.0", `grafana/grafana@sha256:${"0".repeat(64)}`],
] as const)("%s from %s to %s is worth a backup", (server, from, to) => {
  expect(compare(server, from, to)).toEqual([{ server, from, to }]);
});

test.each([
  ["influxdb", "influxdb:2.9.1", "influxdb:2.9.1"],
  ["influxdb", "influxdb:2.9.1", "registry.example.com:5000/influxdb:2.9.2-alpine"],
  ["grafana", "grafana/grafana:12.3.0", "grafana/grafana:12.3.1"],
] as const)("%s from %s to %s is not", (server, from, to) => {
  expect(compare(server, from, to)).toEqual([]);
});

test.each(["influxdb:2.7.12", "influxdb:1.8"])("InfluxDB 2.9 does not go back to %s", (to) => {
  expect(() => compare("influxdb", "influxdb:2.9.1", to)).toThrow(
    `InfluxDB cannot go back from influxdb:2.9.1 to ${to}`,
  );
});
