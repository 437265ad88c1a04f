import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { renderToken } from "../../components/server/influxToken";
import { anyText } from "../support/arbitraries";
import { runAgainstInflux } from "../support/influxApi";
import type { RecordedResource } from "../support/recordResources";
import { find, localCommandType, recordServer } from "../support/recordServer";

const view = {
  operatorToken: "the-operator-token",
  action: "write",
  description: "test: telegraf",
  orgId: "0123456789abcdef",
  bucketId: "fedcba9876543210",
} as const;

describe("InfluxToken", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  const commandOf = (user: string): RecordedResource =>
    find(resources, localCommandType, `server-${user}-token-authorization`);

  test.each([
    ["telegraf", "write"],
    ["grafana", "read"],
  ] as const)("makes a token by which %s can only %s", (user, action) => {
    const { inputs, options } = commandOf(user);
    expect(inputs).toEqual({
      create: "docker exec -i influxdb sh -s -- apply",
      update: expect.any(String) as string,
      delete: expect.any(String) as string,
      stdin: {
        secret: renderToken({
          operatorToken: "server-influxdb-operator-token-result",
          action,
          description: `test: ${user}`,
          orgId: "server-influxdb-setup-line-1",
          bucketId: "server-influxdb-setup-line-2",
        }),
      },
      triggers: ["pi-monitoring", "prometheus", action],
      logging: "none",
    });
    expect(options["additionalSecretOutputs"]).toEqual(["stdout", "stderr"]);
  });

  test("keeps the token in an update, and revokes it by its id alone", () => {
    const { update, delete: remove } = commandOf("telegraf").inputs as { update: string; delete: string };
    const env = { ...process.env, PULUMI_COMMAND_STDOUT: "the-id\nthe-token" };
    const run = (script: string): string => spawnSync("sh", { input: script, env, encoding: "utf8" }).stdout;
    expect(run(update)).toBe("the-id\nthe-token\n");
    expect(run(`docker() { echo "$@"; }\n${remove}\n`)).toBe("exec -i influxdb sh -s -- remove the-id\n");
  });
});

describe("the token script", () => {
  // As InfluxDB answers; the id of the token is not the only one.
  const answer = {
    id: "00000000000000aa",
    token: "p-_Q==",
    status: "active",
    orgID: view.orgId,
    userID: "00000000000000bb",
  };

  test.each([
    ["as InfluxDB writes it", JSON.stringify(answer, undefined, 1).replaceAll("\n ", "")],
    ["without blanks", JSON.stringify(answer)],
  ])("apply prints the id and the token of an answer %s", (_, text) => {
    const run = runAgainstInflux(renderToken(view), ["apply"], { "POST authorizations": text });
    expect([run.status, run.stdout]).toEqual([0, "00000000000000aa\np-_Q==\n"]);
    expect(run.calls[0]?.config).toBe('header = "Authorization: Token the-operator-token"\n');
    expect(JSON.parse(run.calls[0]?.body ?? "")).toEqual({
      orgID: view.orgId,
      description: view.description,
      permissions: [{ action: "write", resource: { type: "buckets", id: view.bucketId, orgID: view.orgId } }],
    });
    expect(run.calls[0]?.commandLine.join(" ")).not.toContain("the-operator-token");
  });

  test("apply fails where InfluxDB refuses", () => {
    const run = runAgainstInflux(renderToken(view), ["apply"], {});
    expect(run.stdout).toBe("");
    expect(run.status).not.toBe(0);
  });

  test("remove revokes one token", () => {
    const run = runAgainstInflux(renderToken(view), ["remove", "00000000000000aa"], {
      "DELETE authorizations/00000000000000aa": "",
    });
    expect([run.status, run.calls.length]).toEqual([0, 1]);
  });

  test("any description arrives at InfluxDB", () => {
    const texts = anyText.filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(texts, (description) => {
        const run = runAgainstInflux(renderToken({ ...view, description }), ["apply"], {
          "POST authorizations": JSON.stringify(answer),
        });
        expect(JSON.parse(run.calls[0]?.body ?? "")).toMatchObject({ description });
      }),
      { numRuns: 20 },
    );
  });
});
