import { $ as zx } from "zx";
import { defaultImages } from "../../../components/settings/schema";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { loadImages, serverImage } from "../../../scripts/rehearsal/machines/serverImages";
import { openStack } from "../../../scripts/rehearsal/openStack";
import type { Stack } from "../../../scripts/stack/stack";
import { allContactPoints } from "../../support/allContactPoints";
import { changeSetting } from "../support/rehearsal";
import { expectSuccess } from "../../support/expectSuccess";

// The stand-in for Grafana refuses what its version would, see grafana-stand-in/alerting.ts.

const preparation = { report: () => undefined, confirm: () => Promise.resolve(true) };
const unanswered = "http://localhost:9/";

let stack: Stack;
let before: object;

async function pulumi(...words: string[]): Promise<void> {
  const { exitCode, output } = await stack.capture(...words, "--yes", "--non-interactive", "--skip-preview");
  if (exitCode !== 0) {
    throw new Error(output);
  }
}

/** Brings the server up with a version of Grafana, on the volume that is there. */
async function upWith(image: string, contactPoints: object): Promise<void> {
  const { location } = await serverImage("grafana", image, preparation);
  await loadImages("vps", [location], preparation.report);
  await changeSetting<object>("images", (images) => ({ ...images, grafana: location }));
  await changeSetting("contactPoints", () => contactPoints);
  await pulumi("up");
}

async function expectWell(): Promise<void> {
  const state = await exec("vps", [
    ...["docker", "inspect", "grafana"],
    ...["--format", "{{.RestartCount}} {{.State.Health.Status}}"],
  ]);
  expect(state.trim()).toBe("0 healthy");
  const { grafanaAdminPassword } = await stack.outputs();
  const ask = async <T>(path: string): Promise<T> => {
    const input = `url = "http://localhost:3000/api/${path}"\nuser = "admin:${grafanaAdminPassword}"\n`;
    const curl = ["docker", "exec", "-i", "grafana", "curl", "-sSf", "-K", "-"];
    return JSON.parse(await exec("vps", curl, input)) as T;
  };
  expect(await ask("datasources/uid/pi-monitoring-influxdb/health")).toMatchObject({ status: "OK" });
  const rules = await ask<{ uid: string }[]>("v1/provisioning/alert-rules");
  expect(rules.filter(({ uid }) => uid.startsWith("pi-monitoring-")).length).toBeGreaterThan(15);
  const points = await ask<{ name: string }[]>("v1/provisioning/contact-points");
  expect(points.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["Pi monitoring", "Pi monitoring: heartbeat"]),
  );
}

beforeAll(async () => {
  const { exitCode, stdall } = await zx({ quiet: true, nothrow: true })`npm run start -- --yes`;
  expectSuccess({ exitCode, stdall });
  stack = await openStack("dev");
  before = (await stack.settings()).images;
});

afterAll(async () => {
  await changeSetting("images", () => before);
  await changeSetting("contactPoints", () => ({}));
  await pulumi("destroy", "--target", "**::server-grafana*", "--target-dependents");
  await pulumi("up");
});

describe.each([defaultImages.grafana, "grafana/grafana:13.2.3"])("a new volume of %s", (image) => {
  test.each([
    ["no contact point", {}],
    ["all contact points", allContactPoints(unanswered)],
  ])("starts with %s", async (_what, contactPoints) => {
    // Its volume goes with it: the rehearsal keeps none.
    await pulumi("destroy", "--target", "**::server-grafana*", "--target-dependents");
    await upWith(image, contactPoints);
    await expectWell();
  });

  test("starts with no contact point again", async () => {
    await upWith(image, {});
    await expectWell();
  });
});

test(`a volume of Grafana 12.3 is upgraded to ${defaultImages.grafana}`, async () => {
  await pulumi("destroy", "--target", "**::server-grafana*", "--target-dependents");
  await upWith("grafana/grafana:12.3.0", allContactPoints(unanswered));
  await expectWell();
  await upWith(defaultImages.grafana, {});
  await expectWell();
});
