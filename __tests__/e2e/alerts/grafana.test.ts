import { spawnSync } from "node:child_process";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { rehearsedGrafana } from "../../../scripts/rehearsal/machines/serverImages";
import { setTemperature } from "../../../scripts/rehearsal/machines/sensors";
import type { Stack } from "../../../scripts/stack/stack";
import { run } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { askGrafana } from "../support/grafana";
import { docker, shell, startUnit } from "../support/machines";
import { provisionedDashboards, provisionedRules } from "../support/provisioned";
import { pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting } from "../support/settingsFile";

/** Whether the rehearsal has the real Grafana: its stand-in evaluates no rule and sends no message. */
const realGrafana = spawnSync("docker", ["image", "inspect", rehearsedGrafana()]).status === 0;

interface Message {
  readonly status: "firing" | "resolved";
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly { readonly annotations: { readonly summary: string } }[];
}

/** A receiver on the VPS that writes down what it gets, a line each. */
const receiver = `
import http.server
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open("/tmp/messages", "ab") as messages:
            messages.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\\n")
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("0.0.0.0", 8001), Receiver).serve_forever()
`;

let stack: Stack;

beforeAll(async () => {
  stack = await startRehearsal();
});

(realGrafana ? describe : describe.skip)("Grafana itself", () => {
  let password: string;

  async function api<T>(path: string): Promise<T> {
    return askGrafana(password, path);
  }

  async function messages(): Promise<Message[]> {
    const lines = await shell("vps", "cat /tmp/messages 2>/dev/null || true");
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Message);
  }

  beforeAll(async () => {
    await startUnit("vps", "receiver", "python3", "-c", receiver);
    const gateway = "{{(index .IPAM.Config 0).Gateway}}";
    const address = await docker("network", "inspect", "grafana", "--format", gateway);
    await changeSetting("contactPoints", () => ({ webhook: { url: `http://${address}:8001/` } }));
    await pulumiOrFail(stack, "up");
    password = (await stack.outputs()).grafanaAdminPassword ?? "";
  });

  afterAll(async () => {
    await exec("vps", ["systemctl", "stop", "receiver"]);
  });

  test("reaches its data source", async () => {
    expect(await api("datasources/uid/pi-monitoring-influxdb/health")).toMatchObject({ status: "OK" });
  });

  test("has every dashboard, and keeps people from editing them", async () => {
    for (const { uid, panels } of await provisionedDashboards()) {
      const found = await api<{ dashboard: { panels: unknown[] }; meta: { provisioned: boolean } }>(
        `dashboards/uid/${uid}`,
      );
      expect(found.dashboard.panels).toHaveLength(panels.length);
      expect(found.meta.provisioned).toBe(true);
    }
  });

  test("evaluates every rule without an error", async () => {
    const expected = (await provisionedRules()).filter(({ isPaused }) => !isPaused).map(({ title }) => title);
    await eventually("rules that were all evaluated", 150, async () => {
      const { data } = await api<{
        data: { groups: { rules: { name: string; health: string }[] }[] };
      }>("prometheus/grafana/api/v1/rules");
      const healthy = data.groups
        .flatMap(({ rules }) => rules)
        .filter(({ health }) => health === "ok")
        .map(({ name }) => name);
      expect(healthy).toEqual(expect.arrayContaining(expected));
    });
  });

  test("sends one message of a topic, and another one when it is resolved", async () => {
    await setTemperature("kube-1", 82);
    await setTemperature("kube-2", 83);
    const ofHeat = async (status: Message["status"]): Promise<Message[]> =>
      (await messages()).filter((each) => each.status === status && each.groupLabels["topic"] === "health");
    await eventually("a message about heat", 500, async () => {
      const [message] = await ofHeat("firing");
      expect(message?.alerts.map(({ annotations }) => annotations.summary).sort()).toEqual([
        "kube-1.local is 82.0 °C hot",
        "kube-2.local is 83.0 °C hot",
      ]);
    });
    await setTemperature("kube-1", 48.312);
    await setTemperature("kube-2", 48.312);
    await eventually("a message that the heat is over", 600, async () => {
      expect(await ofHeat("resolved")).not.toEqual([]);
    });
  });

  test("`npm run alert-test` sends a message and says that it was sent", async () => {
    expect((await run("alert-test")).stdout).toMatch(/webhook.*sent/);
    expect((await messages()).map(({ groupLabels }) => groupLabels["topic"])).toContain("test");
  });
});

test("`npm run alert-test` without a contact point says what to do", async () => {
  await changeSetting("contactPoints", () => ({}));
  const { exitCode, stderr } = await run("alert-test");
  expect({ exitCode, stderr: stderr.trim() }).toEqual({
    exitCode: 1,
    stderr: "No contact point is set. docs/alerts.md says how to set one.",
  });
});
