import { type LeftOut, leftOutFinding, parseLeftOut } from "../../../../../scripts/doctor/server/names";

const status = "grafana.example.com unresolved\ninfluxdb.example.com refused 3 1800000000\n";

test("the lines of the portal's status file are read", () => {
  expect(parseLeftOut("")).toEqual([]);
  expect(parseLeftOut(status)).toEqual([
    { name: "grafana.example.com" },
    { name: "influxdb.example.com", failed: { attempts: 3, next: new Date("2027-01-15T08:00:00Z") } },
  ]);
});

const [unresolved, failed] = parseLeftOut(status) as [LeftOut, LeftOut];
const wrong = { state: "wrong", description: "It has a stale record. Remove it." } as const;
const unknown = { state: "unknown", description: "It cannot be looked up." } as const;

test("a name that is left out is a finding with the reason", () => {
  expect(leftOutFinding(unresolved, wrong)).toMatchObject({
    subject: "grafana.example.com",
    problem: "it is left out, the other names are served: the server does not find it in the DNS",
  });
  expect(leftOutFinding(failed, wrong)).toMatchObject({
    subject: "influxdb.example.com",
    problem:
      "it is left out, the other names are served: no certificate was signed in 3 attempts, the next is at 2027-01-15 08:00 UTC or later",
  });
});

const resolver =
  "The server's own resolver may not answer, or may not have a new record yet: on the server, `docker exec https-portal getent ahosts grafana.example.com` shows what it finds";
const log = "`docker logs https-portal` on the server says why: port 80 may be closed from outside";
const change = "It has a stale record. Remove it. Then the portal serves it without a deploy";

test.each([
  ["wrong records", unresolved, wrong, change],
  ["wrong records", failed, wrong, change],
  ["records that are right from here", unresolved, undefined, resolver],
  ["records that are right from here", failed, undefined, log],
  ["records that are not known", unresolved, unknown, `It cannot be looked up. ${resolver}`],
  ["records that are not known", failed, unknown, `It cannot be looked up. ${log}`],
])("%s lead to a remedy for that cause: %j", (_, leftOut, records, remedy) => {
  expect(leftOutFinding(leftOut, records).remedy).toBe(remedy);
});
