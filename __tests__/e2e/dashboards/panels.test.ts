import { provisionedDashboards, runFlux } from "../support/provisioned";
import { eventually } from "../../support/eventually";
import { hosts } from "../support/machines";
import { startRehearsal } from "../support/rehearsal";

const hour = 3600;

let token: string;

beforeAll(async () => {
  token = (await (await startRehearsal()).outputs()).grafanaToken;
  // What the server measures of itself comes every minute, and a rate takes two of them.
  await eventually("two samples that nginx gave of itself", 200, async () => {
    const own =
      'from(bucket: "prometheus") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "nginx" and r._field == "requests")';
    expect((await runFlux(token, own, { seconds: hour })).length).toBeGreaterThan(1);
  });
});

test("there are four dashboards, which cannot be edited", async () => {
  const dashboards = await provisionedDashboards();
  expect(dashboards.map(({ title, uid, editable }) => ({ title, uid, editable }))).toEqual([
    { title: "Cluster", uid: "pi-monitoring-cluster", editable: false },
    { title: "Node", uid: "pi-monitoring-node", editable: false },
    { title: "Pi health", uid: "pi-monitoring-pi-health", editable: false },
    { title: "Pipeline", uid: "pi-monitoring-pipeline", editable: false },
  ]);
});

test("every panel has a unit, a description and thresholds", async () => {
  for (const { panels } of await provisionedDashboards()) {
    for (const { title, description, fieldConfig } of panels) {
      expect({ title, described: description.length > 20 }).toEqual({ title, described: true });
      expect({ title, unit: fieldConfig.defaults.unit ?? "" }).not.toEqual({ title, unit: "" });
      expect({ title, steps: fieldConfig.defaults.thresholds?.steps ?? [] }).not.toEqual({
        title,
        steps: [],
      });
    }
  }
});

test("the dashboard of a node offers every node", async () => {
  const [variable] = (await provisionedDashboards()).flatMap(({ templating }) => templating?.list ?? []);
  const rows = await runFlux(token, variable?.query ?? "", { seconds: 3 * hour });
  expect(rows.map((row) => row["_value"])).toEqual(hosts);
});

test("no panel is empty, and those about nodes have all three", async () => {
  const aboutNodes: string[] = [];
  for (const { title, panels } of await provisionedDashboards()) {
    for (const panel of panels) {
      const name = `${title} / ${panel.title}`;
      for (const { query } of panel.targets) {
        for (const node of query.includes("${node}") ? hosts : [undefined]) {
          const variables: Record<string, string> = node === undefined ? {} : { node };
          const rows = await runFlux(token, query, {
            seconds: 3 * hour,
            ...(panel.maxDataPoints === undefined ? {} : { points: panel.maxDataPoints }),
            variables,
          });
          expect({ name, node, empty: rows.length === 0 }).toEqual({ name, node, empty: false });
          // Grafana silently leaves out a column that no row has.
          const columns = panel.fieldConfig.overrides
            .filter(({ matcher }) => matcher.id === "byName")
            .map(({ matcher }) => String(matcher.options));
          expect({
            name,
            missing: columns.filter((column) => !rows.some((row) => (row[column] ?? "") !== "")),
          }).toEqual({ name, missing: [] });
          const about = new Set(rows.flatMap((row) => row["node_name"] ?? []));
          if (about.size > 0) {
            if (title === "Pipeline") {
              // Only masters are in it, and samples of the master of an earlier suite may still be there.
              expect({ name, master: about.has(hosts[0] ?? "") }).toEqual({ name, master: true });
            } else {
              expect({ name, about: [...about].sort() }).toEqual({
                name,
                about: node === undefined ? hosts : [node],
              });
            }
            aboutNodes.push(name);
          }
        }
      }
    }
  }
  // Otherwise no panel would have been about nodes.
  expect(new Set(aboutNodes).size).toBeGreaterThan(10);
});
