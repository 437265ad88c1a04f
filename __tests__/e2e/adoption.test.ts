import { $ } from "../../scripts/cli/shell";
import { containerOf, exec, network, rehearsalLabel } from "../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../scripts/stack/stack";
import { run, runOrFail } from "../support/commands";
import { eventually } from "../support/eventually";
import { startContainers, stopContainer } from "./support/stopAndStart";
import { askGrafana } from "./support/grafana";
import { type Answer, readAnswer } from "./support/influx";
import { docker, statusOf } from "./support/machines";
import { expectHealthy, pulumi, pulumiOrFail, startRehearsal } from "./support/rehearsal";
import { changeSetting } from "./support/settingsFile";

const adminToken = "the-operator-token-that-was-chosen-by-hand";
const measurement = "prometheus_remote_write";
let stack: Stack;

/** The nodes keep their packages; what depends on the server goes with it. */
async function destroyServer(): Promise<void> {
  await pulumiOrFail(stack, "destroy", "--target", "**::server*", "--target-dependents");
}

/** An InfluxDB that was set up by hand. */
class HandMadeInflux {
  /** @param curl runs curl on a machine or in a container that reaches the API at `url` */
  constructor(
    private readonly curl: (config: string, argv: readonly string[]) => Promise<string>,
    private readonly url: string,
    readonly org: string,
    readonly bucket: string,
  ) {}

  /** The answer to a request with a token, or without one. */
  async api(token: string, path: string, ...options: string[]): Promise<Answer> {
    // Never empty: curl waits for what it is to read.
    const header = token === "" ? "# no token\n" : `header = "Authorization: Token ${token}"\n`;
    const argv = ["curl", "-sS", "-K", "-", "-w", "\n%{http_code}", ...options, `${this.url}/api/v2/${path}`];
    return readAnswer(await this.curl(header, argv));
  }

  async setUp(): Promise<void> {
    const body = {
      username: "me",
      password: "chosen-by-hand",
      org: this.org,
      bucket: this.bucket,
      token: adminToken,
    };
    await eventually("an InfluxDB that can be set up", 90, async () => {
      const { status } = await this.api("", "setup", "--data", JSON.stringify(body));
      expect(status).toBe(201);
    });
  }

  /** The times of the first and the last sample of a node's load, and whether that is younger than a minute. */
  async samples(token: string, node: string): Promise<{ first: string; last: string; fresh: boolean }> {
    const flux = `from(bucket: "${this.bucket}") |> range(start: 2020-01-01T00:00:00Z)
      |> filter(fn: (r) => r._field == "node_load1" and r.node_name == "${node}")
      |> group() |> sort(columns: ["_time"]) |> keep(columns: ["_time", "_value"])`;
    const path = `query?org=${encodeURIComponent(this.org)}`;
    const flags = ["-H", "Content-Type: application/vnd.flux", "--data-binary", flux];
    const { body } = await this.api(token, path, ...flags);
    const times = [...body.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)].map(([time]) => time);
    const last = times.at(-1) ?? "";
    return { first: times[0] ?? "", last, fresh: Date.now() - Date.parse(last) < 60_000 };
  }

  async expectFresh(token: string): Promise<void> {
    await eventually("a sample of the last minute of kube-2", 120, async () => {
      expect((await this.samples(token, "kube-2.local")).fresh).toBe(true);
    });
  }

  async descriptions(): Promise<string[]> {
    const { body } = await this.api(adminToken, "authorizations");
    const { authorizations } = JSON.parse(body) as { authorizations: { description: string }[] };
    return authorizations.map(({ description }) => description).sort();
  }

  async taskNames(): Promise<string[]> {
    const { tasks } = JSON.parse((await this.api(adminToken, "tasks")).body) as { tasks: { name: string }[] };
    return tasks.map(({ name }) => name).sort();
  }
}

beforeAll(async () => {
  stack = await startRehearsal();
  await destroyServer();
});

/** An existing Grafana, as its provisioning files. */
const handMadeGrafana = {
  datasources: {
    apiVersion: 1,
    datasources: [
      {
        name: "InfluxDB",
        uid: "my-influxdb",
        type: "influxdb",
        access: "proxy",
        url: "http://influxdb:8086",
        isDefault: true,
        jsonData: { version: "Flux" },
        secureJsonData: { token: adminToken },
      },
    ],
  },
  alerting: {
    apiVersion: 1,
    contactPoints: [
      {
        orgId: 1,
        name: "alerts",
        receivers: [{ uid: "my-phone", type: "webhook", settings: { url: "https://example.com/me" } }],
      },
    ],
    policies: [{ orgId: 1, receiver: "alerts", group_by: ["alertname"], repeat_interval: "7h" }],
  },
};

/** Starts a Grafana with these files once, so that its volume has them. */
async function startGrafana(image: string, volume: readonly string[]): Promise<void> {
  for (const [name, content] of Object.entries(handMadeGrafana)) {
    await exec("vps", ["mkdir", "-p", `/tmp/grafana/${name}`]);
    await exec("vps", ["tee", `/tmp/grafana/${name}/mine.yaml`], JSON.stringify(content));
  }
  const files = ["-v", "/tmp/grafana:/etc/grafana/provisioning:ro"];
  await docker("run", "-d", "--name", "my-grafana", ...volume, ...files, image);
  await eventually("a Grafana that was set up by hand", 60, () =>
    docker("exec", "my-grafana", "curl", "-sSf", "http://localhost:3000/api/health"),
  );
  await docker("rm", "--force", "my-grafana");
}

describe("a stack that was built by hand", () => {
  const influx = new HandMadeInflux(
    (config, argv) => exec("vps", ["docker", "exec", "-i", "influxdb", ...argv], config),
    "http://localhost:8086",
    "blog & home",
    "kube",
  );
  const domains = { influxdb: 8086, grafana: 3000, telegraf: 8080 };
  const names = Object.keys(domains);
  const note = "/var/lib/docker/volumes/grafana-storage/_data/a-note";
  let before: string;

  /** Ids, times and contents that change when something is replaced. */
  async function identities(): Promise<string> {
    return [
      await docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "influxdb", "https-portal"),
      await docker("network", "inspect", "--format", "{{.Id}} {{.Labels}}", ...names),
      // Not the creation time: Docker reports the time of the volume's folder.
      await docker("volume", "inspect", "--format", "{{.Name}} {{.Labels}}", "influxdb2", "grafana-storage"),
      await exec("vps", ["cat", note]),
    ].join("\n");
  }

  /** The status of a POST to the remote-write endpoint from a Pi. */
  async function remoteWrite(...options: string[]): Promise<number> {
    return statusOf("https://telegraf.pi.test/telegraf", "-k", "--data", "x", ...options);
  }

  beforeAll(async () => {
    const { images } = await stack.settings();
    for (const name of names) {
      await docker("network", "create", name);
    }
    await docker("volume", "create", "influxdb2");
    await docker("volume", "create", "grafana-storage");
    // As Grafana's user, who thereby owns the volume.
    const volume = ["-v", "grafana-storage:/var/lib/grafana"];
    const write = "echo by hand >/var/lib/grafana/a-note";
    await docker("run", "--rm", ...volume, "--entrypoint", "sh", images.grafana, "-c", write);
    await startGrafana(images.grafana, volume);
    const data = "influxdb2:/var/lib/influxdb2";
    await docker("run", "-d", "--name", "influxdb", "--network", "influxdb", "-v", data, images.influxdb);
    await influx.setUp();
    const old = `${measurement},node_name=kube-2.local,host=abc node_load1=0.42 1735689600`;
    const path = `write?org=${encodeURIComponent(influx.org)}&bucket=${influx.bucket}&precision=s`;
    expect((await influx.api(adminToken, path, "--data-binary", old)).status).toBe(204);
    const lines = Object.entries(domains).map(([name, port]) => `${name}.pi.test -> http://${name}:${port}`);
    const environment = [
      "STAGE=local",
      "DYNAMIC_UPSTREAM=true",
      "RESOLVER=127.0.0.11 ipv6=off valid=5s",
      `DOMAINS=${lines.join(", ")}`,
    ].flatMap((each) => ["-e", each]);
    const ports = ["-p", "80:80", "-p", "443:443"];
    const portal = ["--name", "https-portal", "--network", "influxdb", ...ports, ...environment];
    await docker("run", "-d", ...portal, images.httpsPortal);
    await docker("network", "connect", "telegraf", "https-portal");
    await docker("network", "connect", "grafana", "https-portal");
    before = await identities();

    await changeSetting("existing", () => ({
      networks: { influxdb: "influxdb", telegraf: "telegraf", grafana: "grafana" },
      volumes: { grafana: "grafana-storage" },
      httpsPortal: "https-portal",
    }));
    await changeSetting("influxdb", () => ({
      org: influx.org,
      bucket: influx.bucket,
      url: "http://influxdb:8086",
    }));
    await stack.setSecret("pi-monitoring:influxdb.adminToken", adminToken);
    await pulumiOrFail(stack, "up");
  });

  test("is used as it is", async () => {
    expect(await identities()).toBe(before);
    const made = await docker("ps", "--filter", "label=pi-monitoring.stack=dev", "--format", "{{.Names}}");
    expect(made.split("\n").sort()).toEqual(["grafana", "ingest", "telegraf-behind-gate"]);
    const bucket = await influx.api(adminToken, `buckets?name=${influx.bucket}`);
    // As it was made by hand, it keeps samples for ever.
    expect(JSON.parse(bucket.body)).toMatchObject({ buckets: [{ retentionRules: [{ everySeconds: 0 }] }] });
  });

  test("keeps Grafana's notification policies, contact points and data sources", async () => {
    const { grafanaAdminPassword } = await stack.outputs();
    const ask = async <T>(path: string): Promise<T> => askGrafana(grafanaAdminPassword, path);
    expect(await ask("v1/provisioning/policies")).toMatchObject(handMadeGrafana.alerting.policies[0] ?? {});
    const points = await ask<{ name: string; uid: string }[]>("v1/provisioning/contact-points");
    expect(points.map(({ name, uid }) => `${name}: ${uid}`)).toEqual(
      expect.arrayContaining([
        "alerts: my-phone",
        "Pi monitoring: pi-monitoring-to-nobody",
        "Pi monitoring: heartbeat: pi-monitoring-to-no-heartbeat",
      ]),
    );
    const sources = await ask<{ name: string }[]>("datasources");
    expect(sources.map(({ name }) => name).sort()).toEqual(["InfluxDB", "Pi monitoring"]);
  });

  test("answers one query with the old and the new samples", async () => {
    const { grafanaToken } = await stack.outputs();
    await influx.expectFresh(grafanaToken);
    expect(await influx.samples(grafanaToken, "kube-2.local")).toMatchObject({
      first: "2025-01-01T00:00:00Z",
      fresh: true,
    });
  });

  test("accepts no write without the credential, through its own portal or beside it", async () => {
    const { ingestCredentials = {} } = await stack.outputs();
    expect(await remoteWrite()).toBe(401);
    expect(await remoteWrite("-H", "Authorization: Bearer wrong")).toBe(401);
    // This answer is Telegraf's, which cannot read "x".
    expect(await remoteWrite("-H", `Authorization: Bearer ${ingestCredentials["kube-0"] ?? ""}`)).toBe(400);
    const inside = ["exec", "https-portal", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"];
    expect(await docker(...inside, "--data", "x", "http://telegraf:8080/telegraf")).toBe("401");
  });

  test("has nothing to change the second time, and is healthy", async () => {
    await pulumiOrFail(stack, "up", "--expect-no-changes");
    await expectHealthy(stack);
  });

  test("has its tokens rotated, and keeps its admin", async () => {
    const refused = await run("rotate", ["influxdb-admin"]);
    expect(refused).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("this InfluxDB was set up outside this program") as string,
    });
    const { telegrafToken } = await stack.outputs();
    await runOrFail("rotate", ["telegraf", "ingest"]);
    expect((await stack.outputs()).telegrafToken).not.toBe(telegrafToken);
    expect(await influx.descriptions()).toEqual(["dev: grafana", "dev: telegraf", "me's Token"]);
  });

  test("has a proxy in Telegraf's place that ends by itself, within seconds", async () => {
    const { seconds, exitCode } = await stopContainer("ingest");
    console.log(`ingest ended with exit code ${exitCode} after ${seconds.toFixed(1)} s`);
    expect(exitCode).toBe(0);
    expect(seconds).toBeLessThan(5);
    await startContainers("ingest");
  });

  test("stays when the program's stack is removed", async () => {
    const { grafanaToken } = await stack.outputs();
    await destroyServer();
    expect(await identities()).toBe(before);
    expect(await docker("ps", "--all", "--format", "{{.Names}}")).toBe("https-portal\ninfluxdb");
    const { first, last } = await influx.samples(adminToken, "kube-2.local");
    expect(first).toBe("2025-01-01T00:00:00Z");
    expect(Date.now() - Date.parse(last)).toBeLessThan(300_000);
    // No task or token of the stack is left in it.
    expect(await influx.taskNames()).toEqual([]);
    expect(await influx.descriptions()).toEqual(["me's Token"]);
    expect((await influx.api(grafanaToken, "buckets")).status).toBe(401);
  });

  afterAll(async () => {
    await docker("rm", "--force", "--volumes", "influxdb", "https-portal");
    await docker("volume", "rm", "influxdb2", "grafana-storage");
    await docker("network", "rm", ...names);
  });
});

describe("an InfluxDB that is elsewhere", () => {
  const container = containerOf("external-influxdb");
  let influx: HandMadeInflux;

  async function expectFlow(): Promise<void> {
    await influx.expectFresh((await stack.outputs()).grafanaToken);
    await expectHealthy(stack);
  }

  beforeAll(async () => {
    const { images } = await stack.settings();
    // With the label by which `npm run down` finds it.
    const label = ["--label", rehearsalLabel];
    await $`docker run -d --name ${container} ${label} --network ${network} ${images.influxdb}`;
    const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
    const address = (await $`docker inspect --format ${format} ${container}`).stdout.trim();
    const url = `http://${address}:8086`;
    influx = new HandMadeInflux((config, argv) => exec("vps", argv, config), url, "cloud", "pis");
    await influx.setUp();
    await changeSetting("existing", () => ({}));
    await changeSetting("influxdb", () => ({ org: influx.org, bucket: influx.bucket, url }));
    await stack.setSecret("pi-monitoring:influxdb.adminToken", adminToken);
    await pulumiOrFail(stack, "up");
  });

  test("takes the place of the container, and everything else is there", async () => {
    const made = await docker("ps", "--format", "{{.Names}}");
    expect(made.split("\n").sort()).toEqual(["grafana", "https-portal", "telegraf"]);
    expect((await docker("volume", "ls", "--quiet")).split("\n")).not.toContain("influxdb2");
    expect((await docker("network", "ls", "--format", "{{.Name}}")).split("\n")).not.toContain("influxdb");
    await expectFlow();
  });

  test("gets tokens for a bucket and one direction, and the tasks", async () => {
    const { telegrafToken, grafanaToken } = await stack.outputs();
    const path = `write?org=${influx.org}&bucket=${influx.bucket}`;
    const sample = ["--data-binary", "m f=1"];
    expect((await influx.api(telegrafToken, path, ...sample)).status).toBe(204);
    expect((await influx.api(grafanaToken, path, ...sample)).status).toBe(403);
    expect(await influx.samples(telegrafToken, "kube-2.local")).toMatchObject({ fresh: false });
    expect(await influx.taskNames()).toEqual(["dev: pis_1h", "dev: pis_5m"]);
  });

  test("is used with tokens that were made by hand, without a right to anything else", async () => {
    const { body } = await influx.api(adminToken, `buckets?name=${influx.bucket}`);
    const [bucket] = (JSON.parse(body) as { buckets: { id: string; orgID: string }[] }).buckets;
    const token = async (action: string): Promise<string> => {
      const resource = { type: "buckets", id: bucket?.id, orgID: bucket?.orgID };
      const made = { orgID: bucket?.orgID, description: action, permissions: [{ action, resource }] };
      const answer = await influx.api(adminToken, "authorizations", "--data", JSON.stringify(made));
      return (JSON.parse(answer.body) as { token: string }).token;
    };
    const [writeToken, readToken] = [await token("write"), await token("read")];
    await stack.pulumi("config", "rm", "--path", "pi-monitoring:influxdb.adminToken");
    // The other way round they are refused before anything uses them.
    await stack.setSecret("pi-monitoring:influxdb.writeToken", readToken);
    await stack.setSecret("pi-monitoring:influxdb.readToken", writeToken);
    const wrong = await pulumi(stack, "up");
    expect(wrong.exitCode).not.toBe(0);
    expect(wrong.output).toContain("cannot be written by influxdb.writeToken: it answers with status 403");
    expect(wrong.output).not.toContain(readToken);
    await stack.setSecret("pi-monitoring:influxdb.writeToken", writeToken);
    await stack.setSecret("pi-monitoring:influxdb.readToken", readToken);
    await pulumiOrFail(stack, "up");
    expect(await stack.outputs()).toMatchObject({ telegrafToken: writeToken, grafanaToken: readToken });
    await expectFlow();
    const refused = await run("rotate", ["telegraf"]);
    expect(refused).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("influxdb.writeToken is given") as string,
    });
  });

  afterAll(async () => {
    await destroyServer();
    await $({ nothrow: true })`docker rm --force --volumes ${container}`;
  });
});
