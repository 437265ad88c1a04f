import { describeName } from "../../scripts/init/domainNames";

const vps = ["203.0.113.7", "2001:db8::7"];

test("a name that leads to the VPS by one of its addresses is right", () => {
  expect(describeName("grafana.example.com", ["2001:db8::7"], vps)).toEqual([]);
});

test("a name that is not there yet, or leads elsewhere, is told with what it takes", () => {
  expect(describeName("grafana.example.com", [], vps)).toEqual([
    "grafana.example.com is not in the DNS yet: add a record A with 203.0.113.7 at your registrar.",
  ]);
  expect(describeName("grafana.example.com", ["198.51.100.1"], vps)).toEqual([
    "grafana.example.com leads to 198.51.100.1, and the VPS is 203.0.113.7 and 2001:db8::7.",
  ]);
});
