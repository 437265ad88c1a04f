import fc from "fast-check";
import { renderTokenRevocation } from "../../../../../components/server/influxdb/tokenRevocation";
import { anyText } from "../../../../support/arbitraries";
import {
  type ApiRun,
  authorizations,
  type ListedToken,
  runAgainstInflux,
} from "../../../../support/runAgainstInflux";
import type { RecordedResource } from "../../../../support/recordResources";
import { containerType, find, localCommandType, recordServer } from "../../../../support/recordServer";

const login = { adminUser: "admin", adminPassword: "the-admin-password" };
const view = { stack: "test", idsInUse: ["00000000000000a1", "00000000000000a2"] };

describe("TokenRevocation", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  test("spares the tokens of Telegraf and Grafana", () => {
    const { inputs, options } = find(resources, localCommandType, "server-token-revocation-script");
    expect(inputs).toEqual({
      create: "docker exec -i influxdb sh -s",
      stdin: {
        secret: renderTokenRevocation(
          { ...login, adminPassword: "server-influxdb-setup-line-4" },
          {
            ...view,
            idsInUse: [
              "server-telegraf-token-authorization-line-1",
              "server-grafana-token-authorization-line-1",
            ],
          },
        ),
      },
      logging: "none",
    });
    expect(options["additionalSecretOutputs"]).toEqual(["stdout", "stderr"]);
  });

  test("waits until both have moved to their tokens", () => {
    const { dependsOn } = find(resources, "pi-monitoring:index:TokenRevocation", "server-token-revocation");
    expect(dependsOn).toEqual(
      expect.arrayContaining([`${containerType} server-telegraf`, `${containerType} server-grafana`]),
    );
    const names = resources.map(({ name }) => name);
    const script = names.indexOf("server-token-revocation-script");
    expect(script).toBeGreaterThan(names.lastIndexOf("server-telegraf"));
    expect(script).toBeGreaterThan(names.lastIndexOf("server-grafana"));
  });
});

describe("the revocation script", () => {
  const inUse = [
    { id: "00000000000000a1", description: "test: telegraf" },
    { id: "00000000000000a2", description: "test: grafana" },
  ];
  const replaced = [
    { id: "00000000000000b1", description: "test: telegraf" },
    { id: "00000000000000b2", description: "test: grafana" },
  ];
  const others = [
    { id: "00000000000000c1", description: "other: telegraf" },
    { id: "00000000000000c2", description: "test-2: telegraf" },
    { id: "00000000000000c3", description: "my test: telegraf" },
    { id: "00000000000000c4", description: "tests: telegraf" },
  ];
  const people = [
    { id: "00000000000000e1", description: "test: my laptop" },
    { id: "00000000000000e2", description: "test: telegraf on the NAS" },
    { id: "00000000000000e3", description: "test: grafana, of the office" },
    { id: "00000000000000d1", description: "" },
    { id: "00000000000000d2", description: "test" },
    { id: "00000000000000d3", description: "test:" },
    { id: "00000000000000d4", description: "test telegraf" },
    { id: "00000000000000d5", description: 'Jo\'s "test: telegraf", or * ?' },
    { id: "00000000000000d6", description: "{test: telegraf}" },
    { id: "00000000000000d7", description: 'x", "description": "test: telegraf' },
    { id: "00000000000000d8", description: 'x", "id": "00000000000000a1" \\ $(id) `id`' },
    { id: "00000000000000d9", description: "admin's Token" },
  ];

  function revoke(tokens: readonly ListedToken[], form: string, view_ = view): ApiRun {
    return runAgainstInflux(renderTokenRevocation(login, view_), {
      answers: {
        "GET authorizations": authorizations(tokens)[form] ?? "",
        ...Object.fromEntries(tokens.map(({ id }) => [`DELETE authorizations/${id}`, ""])),
      },
      password: login.adminPassword,
    });
  }

  test.each(["indented", "compact"])(
    "revokes what the stack does not use any more, and nothing else (%s answer)",
    (form) => {
      const tokens = [people[0], replaced[0], inUse[0], others, replaced.slice(1), people.slice(1), inUse[1]]
        .flat()
        .filter((each) => each !== undefined);
      const run = revoke(tokens, form);
      expect([run.status, run.stdout, run.stderr]).toEqual([0, "", ""]);
      expect(run.requests).toEqual([
        "GET authorizations",
        ...replaced.map(({ id }) => `DELETE authorizations/${id}`),
      ]);
      expect(run.calls[0]?.config).toBe('user = "admin:the-admin-password"\n');
      expect(run.calls.at(-1)?.request).toBe("POST signout");
      expect(JSON.stringify(run.calls.map(({ commandLine }) => commandLine))).not.toContain("the-admin");
      expect(run.left).toEqual([]);
    },
  );

  test.each(["indented", "compact"])("has nothing to do where all are in use (%s answer)", (form) => {
    const run = revoke([...inUse, ...others], form);
    expect([run.status, run.requests]).toEqual([0, ["GET authorizations"]]);
  });

  test("a stack's name is no pattern", () => {
    const run = revoke([...replaced, ...others], "indented", { ...view, stack: "*" });
    expect([run.status, run.changes]).toEqual([0, []]);
  });

  test("fails where a token is not revoked", () => {
    const run = runAgainstInflux(renderTokenRevocation(login, view), {
      answers: { "GET authorizations": authorizations(replaced)["indented"] ?? "" },
      password: login.adminPassword,
    });
    expect(run.status).not.toBe(0);
    expect(run.stderr).toContain("The request DELETE authorizations/00000000000000b1 to InfluxDB failed.");
  });

  test("fails where InfluxDB refuses its credential", () => {
    const run = runAgainstInflux(renderTokenRevocation(login, view), { answers: {}, password: "another" });
    expect([run.status, run.stderr]).toEqual([1, "InfluxDB does not accept its admin.\n"]);
  });

  // The status of a pipeline is that of its end.
  test("fails where InfluxDB does not list its tokens", () => {
    const run = runAgainstInflux(renderTokenRevocation(login, view), {
      answers: {},
      password: login.adminPassword,
    });
    expect(run.status).not.toBe(0);
  });

  test("no description of another token makes it one of the stack", () => {
    const descriptions = anyText.filter(
      (text) => text.isWellFormed() && !/^test: (telegraf|grafana)$/.test(text),
    );
    const mixed = fc.array(
      fc.oneof(
        descriptions,
        descriptions.map((text) => `${text}, test: telegraf`),
        descriptions.map((text) => `${text}"description":"test: telegraf"`),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(mixed, fc.constantFrom("indented", "compact"), (texts, form) => {
        const tokens = texts.map((description, index) => ({
          id: (0xe000 + index).toString(16).padStart(16, "0"),
          description,
        }));
        const run = revoke([...tokens, ...replaced.slice(0, 1)], form);
        expect([run.status, run.changes.map(({ request }) => request)]).toEqual([
          0,
          ["DELETE authorizations/00000000000000b1"],
        ]);
      }),
      { numRuns: 30 },
    );
  });
});
