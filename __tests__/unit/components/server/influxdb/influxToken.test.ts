import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { renderToken } from "../../../../../components/server/influxdb/influxToken";
import { anyText } from "../../../../support/arbitraries";
import { runAgainstInflux } from "../../../../support/runAgainstInflux";
import type { RecordedResource } from "../../../../support/recordResources";
import { find, localCommandType, recordServer } from "../../../../support/recordServer";

const login = { adminUser: "admin", adminPassword: "the-admin-password" };
const view = {
  action: "write",
  description: "test: telegraf",
  orgId: "0123456789abcdef",
  bucketIds: ["fedcba9876543210", "fedcba9876543211"],
} as const;

const coarser = { telegraf: [], grafana: ["prometheus_5m", "prometheus_1h"] };

function commandOf(resources: readonly RecordedResource[], user: string): RecordedResource {
  return find(resources, localCommandType, `server-${user}-token-authorization`);
}

describe("InfluxToken", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  test.each([
    ["telegraf", "write"],
    ["grafana", "read"],
  ] as const)("makes a token by which %s can only %s", (user, action) => {
    const { inputs, options } = commandOf(resources, user);
    expect(inputs).toEqual({
      create: "docker exec -i influxdb sh -s",
      update: expect.any(String) as string,
      stdin: {
        secret: renderToken(
          { ...login, adminPassword: "server-influxdb-setup-line-4" },
          {
            action,
            description: `test: ${user}`,
            orgId: "server-influxdb-setup-line-1",
            bucketIds:
              user === "telegraf"
                ? ["server-influxdb-setup-line-2"]
                : [
                    "server-influxdb-setup-line-2",
                    "server-downsampling-tasks-line-1",
                    "server-downsampling-tasks-line-2",
                  ],
          },
        ),
      },
      triggers: ["pi-monitoring", "prometheus", ...coarser[user], action, "never"],
      logging: "none",
    });
    expect(options["additionalSecretOutputs"]).toEqual(["stdout", "stderr"]);
  });

  test("keeps the token in an update, and asks InfluxDB nothing", () => {
    const { update } = commandOf(resources, "telegraf").inputs;
    // Pulumi takes the end of the last line off.
    const env = { ...process.env, PULUMI_COMMAND_STDOUT: "the-id\nthe-token" };
    const { stdout } = spawnSync("sh", ["-c", `docker() { echo called; }\n${String(update)}`], {
      env,
      encoding: "utf8",
    });
    expect(stdout).toBe("the-id\nthe-token\n");
  });
});

test("another date of rotation makes another token for its user, and for no other", async () => {
  const resources = await recordServer({ rotated: { grafana: "2026-11-23T16:20:00Z" } });
  const triggers = ["telegraf", "grafana"].map((user) => commandOf(resources, user).inputs["triggers"]);
  expect(triggers).toEqual([
    ["pi-monitoring", "prometheus", "write", "never"],
    ["pi-monitoring", "prometheus", ...coarser.grafana, "read", "2026-11-23T16:20:00Z"],
  ]);
});

describe("the token script", () => {
  // As InfluxDB answers; the id of the token is not the only one.
  const answer = {
    id: "00000000000000aa",
    token: "p-_Q==",
    status: "active",
    description: view.description,
    orgID: view.orgId,
    org: "pi-monitoring",
    userID: "00000000000000bb",
    user: "admin",
    permissions: view.bucketIds.map((id) => ({
      action: "write",
      resource: { type: "buckets", id, orgID: view.orgId },
    })),
    links: { self: "/api/v2/authorizations/00000000000000aa", user: "/api/v2/users/00000000000000bb" },
  };
  const password = login.adminPassword;

  test.each([
    ["as InfluxDB writes it", JSON.stringify(answer, undefined, "\t")],
    ["without blanks", JSON.stringify(answer)],
  ])("prints the id and the token of an answer %s", (_, text) => {
    const run = runAgainstInflux(renderToken(login, view), {
      answers: { "POST authorizations": text },
      password,
    });
    expect([run.status, run.stdout]).toEqual([0, "00000000000000aa\np-_Q==\n"]);
    expect(run.calls.map(({ request }) => request)).toEqual([
      "POST signin",
      "POST authorizations",
      "POST signout",
    ]);
    expect(run.calls[0]?.config).toBe('user = "admin:the-admin-password"\n');
    expect(JSON.parse(run.calls[1]?.body ?? "")).toEqual({
      orgID: view.orgId,
      description: view.description,
      permissions: view.bucketIds.map((id) => ({
        action: "write",
        resource: { type: "buckets", id, orgID: view.orgId },
      })),
    });
    expect(JSON.stringify(run.calls.map(({ commandLine }) => commandLine))).not.toContain(password);
    expect(run.left).toEqual([]);
  });

  test("fails where InfluxDB refuses", () => {
    const run = runAgainstInflux(renderToken(login, view), { answers: {}, password });
    expect(run.stdout).toBe("");
    expect(run.status).not.toBe(0);
    expect(run.stderr).toContain("The request POST authorizations to InfluxDB failed.");
  });

  test("makes nothing where InfluxDB refuses its credential", () => {
    const answers = { "POST authorizations": JSON.stringify(answer) };
    const run = runAgainstInflux(renderToken(login, view), { answers, password: "another" });
    expect([run.status, run.stdout, run.requests]).toEqual([1, "", []]);
    expect(run.stderr).toBe("InfluxDB does not accept its admin.\n");
    expect(run.left).toEqual([]);
  });

  test("any description arrives at InfluxDB", () => {
    const texts = anyText.filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(texts, (description) => {
        const { changes } = runAgainstInflux(renderToken(login, { ...view, description }), {
          answers: { "POST authorizations": JSON.stringify(answer) },
          password,
        });
        expect(JSON.parse(changes[0]?.body ?? "")).toMatchObject({ description });
      }),
      { numRuns: 20 },
    );
  });
});
