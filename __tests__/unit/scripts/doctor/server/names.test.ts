import { nameFinding, parseLeftOut } from "../../../../../scripts/doctor/server/names";

const status = "grafana.example.com unresolved\ninfluxdb.example.com refused 3 1800000000\n";

test("the portal's words are read", () => {
  expect(parseLeftOut("")).toEqual([]);
  expect(parseLeftOut(status)).toEqual([
    { name: "grafana.example.com" },
    { name: "influxdb.example.com", refused: { attempts: 3, next: new Date("2027-01-15T08:00:00Z") } },
  ]);
});

test("a name that is left out is a finding with its records, or with the log where they are right", () => {
  const records = [{ state: "wrong", description: "It has a stale record." } as const, undefined];
  expect(parseLeftOut(status).map((each, index) => nameFinding(each, records[index]))).toEqual([
    {
      subject: "grafana.example.com",
      problem: "it is left out, the other names are served: the server does not find it in the DNS",
      remedy: "It has a stale record. Then it is taken in by itself",
    },
    {
      subject: "influxdb.example.com",
      problem:
        "it is left out, the other names are served: no certificate was signed in 3 attempts, the next is at 2027-01-15 08:00 UTC or later",
      remedy:
        "`docker logs https-portal` on the server says why: port 80 may be closed from outside. Then it is taken in by itself",
    },
  ]);
});
