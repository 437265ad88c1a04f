import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { stringify } from "yaml";
import { linesToTables, type Row, stringToLines } from "@influxdata/influxdb-client";
import { dashboardNames, renderDashboard } from "../../../../../../components/dashboards/dashboards";
import {
  type Dashboard,
  loadDashboards,
} from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/dashboards";
import type { DataSource } from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/dataSources";
import {
  framesOf,
  type FrameJson,
} from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/frames";
import {
  completeFlux,
  runQueries,
} from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/queries";
import type { QueryRequest } from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/queryRequest";
import {
  isSession,
  pathAfterLogin,
  sessionCookie,
} from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/session";
import { allPresets, exampleSettings } from "../../../../../support/exampleSettings";
import { ownFolder } from "../../../../../support/ownFolder";
import { temporaryFolder } from "../../../../../support/temporaryFolder";

/** The frames of an answer. */
function frames(answer: string, limits = { series: 1000, points: 1000 }): FrameJson[] {
  const rows: Row[] = [];
  const fail = (error: Error): never => {
    throw error;
  };
  const next = (values: string[], tableMeta: Row["tableMeta"]): void => {
    rows.push({ values, tableMeta });
  };
  stringToLines(answer, linesToTables({ next, error: fail, complete: () => undefined }));
  return framesOf(rows, limits);
}

/** An answer of InfluxDB: its lines end as they do there. */
const csv = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join("");

describe("frames of InfluxDB's answers", () => {
  test("a table is a frame, its group key the labels, `_time` and `_value` its fields", () => {
    const answer = csv(
      "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string",
      "#group,false,false,true,true,false,false,true,true,true",
      "#default,_result,,,,,,,,",
      ",result,table,_start,_stop,_time,_value,_field,_measurement,node_name",
      ",,0,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,2026-01-01T00:01:00Z,51.5,rpi_temperature,remote,kube-0",
      ",,0,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,2026-01-01T00:02:00.5Z,,rpi_temperature,remote,kube-0",
      ",,1,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,2026-01-01T00:01:00Z,49,rpi_temperature,remote,kube-1",
      "",
    );
    const minute = Date.parse("2026-01-01T00:01:00Z");
    const frame = (node: string, times: number[], values: (number | null)[]): object => ({
      schema: {
        name: "remote",
        fields: [
          { name: "Time", type: "time" },
          { name: "rpi_temperature", type: "number", labels: { node_name: node } },
        ],
      },
      data: { values: [times, values] },
    });
    expect(frames(answer)).toMatchObject([
      frame("kube-0", [minute, minute + 60_500], [51.5, null]),
      frame("kube-1", [minute], [49]),
    ]);
  });

  test("a table without a time has its columns as they are", () => {
    const answer = csv(
      "#datatype,string,long,string,double,boolean",
      "#group,false,false,false,false,false",
      "#default,_result,,,,",
      ",result,table,node_name,load,up",
      ",,0,kube-0,0.5,true",
      ",,0,kube-1,,false",
    );
    expect(frames(answer)).toMatchObject([
      {
        schema: {
          fields: [
            { name: "node_name", type: "string", labels: {} },
            { name: "load", type: "number", labels: {} },
            { name: "up", type: "boolean", labels: {} },
          ],
        },
        data: {
          values: [
            ["kube-0", "kube-1"],
            [0.5, null],
            [true, false],
          ],
        },
      },
    ]);
  });

  test("without `_field` the value is `Value`, and numbers that JSON lacks are beside it", () => {
    const answer = csv(
      "#datatype,string,long,dateTime:RFC3339,double",
      "#group,false,false,false,false",
      "#default,_result,,,",
      ",result,table,_time,_value",
      ",,0,2026-01-01T00:00:00Z,NaN",
      ",,0,2026-01-01T00:01:00Z,+Inf",
      ",,0,2026-01-01T00:02:00Z,1",
    );
    const [frame] = frames(answer);
    expect(frame?.schema.fields[1]?.name).toBe("Value");
    expect(frame?.data.values[1]).toEqual([null, null, 1]);
    expect(frame?.data.entities[1]).toEqual({ NaN: [0], Inf: [1], NegInf: [] });
  });

  test("tables with other columns follow with a header of their own", () => {
    const table = (name: string, value: string): string[] => [
      "#datatype,string,long,double",
      "#group,false,false,false",
      "#default,_result,,",
      `,result,table,${name}`,
      `,,0,${value}`,
      "",
    ];
    const found = frames(csv(...table("a", "1"), ...table("b", "2")));
    expect(found.map(({ schema, data }) => [schema.fields[0]?.name, data.values[0]])).toEqual([
      ["a", [1]],
      ["b", [2]],
    ]);
  });

  test("an answer without rows has no frames", () => {
    expect(frames("\r\n")).toEqual([]);
  });

  test("what fails after the answer has begun is an error, and so are too many series or values", () => {
    const failed = csv(
      "#datatype,string,string",
      "#group,true,true",
      "#default,,",
      ",error,reference",
      ",out of memory,",
    );
    expect(() => frames(failed)).toThrow("out of memory");
    const answer = csv(
      "#datatype,string,long,double,string",
      "#group,false,false,false,true",
      "#default,_result,,,",
      ",result,table,_value,node_name",
      ",,0,1,kube-0",
      ",,0,2,kube-0",
      ",,1,1,kube-1",
    );
    expect(() => frames(answer, { series: 1, points: 2 })).toThrow("more than 1 series");
    expect(() => frames(answer, { series: 2, points: 1 })).toThrow("more than 1 values");
    expect(frames(answer, { series: 2, points: 2 })).toHaveLength(2);
  });
});

describe("queries", () => {
  const range = { from: Date.parse("2026-01-01T00:00:00Z"), to: Date.parse("2026-01-01T03:00:00Z") };

  test("have the time range, the window and the variables filled in", () => {
    const query =
      'from(bucket: "b") |> range(start: v.timeRangeStart, stop: v.timeRangeStop) |> filter(fn: (r) => r.n == "${node}") |> window(every: v.windowPeriod)';
    expect(completeFlux(query, { ...range, intervalMs: 90_000, variables: { node: "kube-0.local" } })).toBe(
      'from(bucket: "b") |> range(start: 2026-01-01T00:00:00.000Z, stop: 2026-01-01T03:00:00.000Z) |> filter(fn: (r) => r.n == "kube-0.local") |> window(every: 90000ms)',
    );
  });

  test.each(['kube" or "', "a\\", "${v}", "a\nb"])(
    "refuse the value %j, which could be more than one",
    (node) => {
      expect(() => completeFlux("${node}", { ...range, intervalMs: 1, variables: { node } })).toThrow("node");
    },
  );

  describe("that are sent to InfluxDB", () => {
    let influxDb: Server;
    let dataSource: DataSource;
    const asked: { token: string | undefined; query: string }[] = [];

    beforeAll(async () => {
      influxDb = createServer((request, response) => {
        void json(request).then((body) => {
          const { query } = body as { query: string };
          asked.push({ token: request.headers.authorization, query });
          if (query === "bad") {
            response.writeHead(400).end(JSON.stringify({ code: "invalid", message: "compilation failed" }));
          } else {
            response.end(
              csv(
                "#datatype,string,long,double,string",
                "#group,false,false,false,false",
                "#default,_result,,,",
                ",result,table,_value,text",
                ',,0,7,"a, ""b""\r\nc"',
              ),
            );
          }
        });
      });
      await new Promise<void>((resolve) => influxDb.listen(0, "127.0.0.1", resolve));
      dataSource = {
        uid: "pi-monitoring-influxdb",
        name: "InfluxDB",
        type: "influxdb",
        url: `http://127.0.0.1:${(influxDb.address() as AddressInfo).port}`,
        jsonData: { version: "Flux", organization: "home" },
        secureJsonData: { token: "secret" },
      };
    });

    afterAll(async () => {
      await new Promise((resolve) => influxDb.close(resolve));
    });

    const dashboard = (query: string): Dashboard => ({
      uid: "one",
      title: "One",
      panels: [{ targets: [{ query, datasource: { uid: "pi-monitoring-influxdb" } }] }],
      templating: { list: [{ name: "node", query, datasource: { uid: "pi-monitoring-influxdb" } }] },
    });
    const request: QueryRequest = {
      ...range,
      dashboard: "one",
      panel: 0,
      variables: {},
      intervalMs: 60_000,
      maxDataPoints: 100,
    };

    test("are those of a panel or a variable, with the data source's token", async () => {
      const found = await runQueries(request, [dashboard("buckets()")], [dataSource]);
      expect(found[0]?.data.values).toEqual([[7], ['a, "b"\r\nc']]);
      expect(asked.at(-1)).toEqual({ token: "Token secret", query: "buckets()" });
      const { panel, ...ofVariable } = { ...request, variable: "node" };
      expect(panel).toBe(0);
      expect(await runQueries(ofVariable, [dashboard("buckets()")], [dataSource])).toHaveLength(1);
    });

    test("are no others", async () => {
      for (const other of [{ dashboard: "two" }, { panel: 1 }, { panel: undefined, variable: "other" }]) {
        await expect(
          runQueries({ ...request, ...other }, [dashboard("buckets()")], [dataSource]),
        ).rejects.toThrow("No provisioned dashboard has this query.");
      }
    });

    test("fail with what InfluxDB says", async () => {
      await expect(runQueries(request, [dashboard("bad")], [dataSource])).rejects.toThrow(
        "compilation failed",
      );
    });

    test("of our dashboards leave nothing open", async () => {
      const settings = exampleSettings(allPresets);
      const dashboards = dashboardNames(settings).map(
        (name) => JSON.parse(renderDashboard(name, settings, {})) as Dashboard,
      );
      for (const { uid, panels = [] } of dashboards) {
        for (const panel of panels.keys()) {
          await runQueries(
            { ...request, dashboard: uid, panel, variables: { node: "kube-0.local" } },
            dashboards,
            [dataSource],
          );
          expect(asked.at(-1)?.query).not.toMatch(/\$\{|\bv\./);
        }
      }
    });
  });
});

describe("dashboards", () => {
  const folder = temporaryFolder();
  const own = ownFolder(folder, {
    "a.json": '{"uid":"a","title":"A"}',
    "b.json": "{",
    "c.json": '{"uid":"c"}',
  });
  const providers = ownFolder(folder, {
    "a.yaml": stringify({ apiVersion: 1, providers: [{ folder: "Own dashboards", options: { path: own } }] }),
  });

  test("are in the folder of their provider, and a file that Grafana cannot use is reported and passed over", () => {
    const report = jest.spyOn(console, "error").mockReturnValue();
    const dashboards = loadDashboards(providers);
    expect(dashboards).toEqual([{ dashboard: { uid: "a", title: "A" }, folder: "Own dashboards" }]);
    expect(report.mock.calls.map(([line]: string[]) => line?.replace(/.*\//, ""))).toEqual([
      expect.stringMatching(/^b\.json: /),
      "c.json: Dashboard title cannot be empty",
    ]);
    report.mockRestore();
  });
});

describe("sessions", () => {
  const secret = Buffer.from("the admin's password, hashed");
  const cookie = sessionCookie(secret).replace(/;.*/, "");

  test("are cookies that scripts of the page cannot read and other pages cannot send", () => {
    expect(sessionCookie(secret)).toMatch(
      /^grafana_session=\w+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
    );
  });

  test("last until the password changes", () => {
    expect(isSession(`theme=dark; ${cookie}`, secret)).toBe(true);
    expect(isSession(cookie, Buffer.from("another"))).toBe(false);
  });

  test.each([undefined, "", "grafana_session=", `${cookie}0`, cookie.slice(0, -1)])(
    "are not %j",
    (header) => {
      expect(isSession(header, secret)).toBe(false);
    },
  );

  test.each([
    ["/d/one?from=now-1h&to=now", "/d/one?from=now-1h&to=now"],
    ["//elsewhere.example", "/"],
    ["/\\elsewhere.example", "/"],
    ["https://elsewhere.example", "/"],
    [null, "/"],
  ])("a login with the link %j leads to %s", (link, path) => {
    expect(pathAfterLogin(link)).toBe(path);
  });
});
