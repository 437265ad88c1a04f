import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Settings } from "../../components/settings";
import { requireOwnVolumes } from "../../scripts/stack/serverRefusals";
import { Stack } from "../../scripts/stack/stack";
import { exampleSettings } from "../support/exampleSettings";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();
const path = process.env["PATH"];

class StackStandIn extends Stack {
  constructor(private readonly own: Settings) {
    super(own.stack, { environment: {}, options: [] });
  }

  override settings(): Promise<Settings> {
    return Promise.resolve(this.own);
  }
}

/** Looks at an engine with these volumes, each with the stack of its label. */
function look(changes: object, volumes: readonly string[], exitCode = 0): Promise<void> {
  const docker = join(folder, "docker");
  writeFileSync(
    docker,
    `#!/bin/sh\nprintf '%s\\n' ${volumes.map((each) => `"${each}"`).join(" ")}\nexit ${exitCode}\n`,
  );
  chmodSync(docker, 0o755);
  return requireOwnVolumes(new StackStandIn(exampleSettings({ vps: "local", ...changes })));
}

beforeAll(() => {
  process.env["PATH"] = [folder, path].join(delimiter);
});

afterAll(() => {
  process.env["PATH"] = path;
});

const { stack } = exampleSettings();

test("volumes of this stack, and of other names, are in nobody's way", async () => {
  await look({}, []);
  await look({}, [`influxdb2 ${stack}`, `grafana-storage ${stack}`, `https-portal ${stack}`, "photos "]);
});

test("a volume of somebody else's is named, with both ways on", async () => {
  await expect(
    look({}, ["grafana-storage ", "influxdb2 another-stack", `https-portal ${stack}`]),
  ).rejects.toMatchObject({
    message: [
      "The server has volumes that this stack has not made:",
      "influxdb2: to go on with what is in it, set existing.volumes.influxdb; else, `docker volume rm influxdb2` there loses it",
      "grafana-storage: to go on with what is in it, set existing.volumes.grafana; else, `docker volume rm grafana-storage` there loses it",
      "Nothing was changed.",
    ].join("\n"),
  });
});

test("what the settings name is used, and what is not made is not looked for", async () => {
  await look({ existing: { volumes: { grafana: "grafana-storage" } } }, ["grafana-storage "]);
  await look({ existing: { httpsPortal: "portal" } }, ["https-portal "]);
});

test("an engine that does not answer is for the deploy to report", async () => {
  await look({}, ["grafana-storage "], 1);
});
