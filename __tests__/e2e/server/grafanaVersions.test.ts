// Runs only when it is named, see scripts/tools/suites.ts.
import { defaultImages } from "../../../components/settings/schema";
import { loadImages, serverImage } from "../../../scripts/rehearsal/machines/serverImages";
import type { Stack } from "../../../scripts/stack/stack";
import { allContactPoints } from "../../support/allContactPoints";
import { askGrafana } from "../support/grafana";
import { docker } from "../support/machines";
import { preparation, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting } from "../support/settingsFile";

// The stand-in for Grafana refuses what its version would, see grafana-stand-in/alerting.ts.

const unanswered = "http://localhost:9";

let stack: Stack;
let before: object;

/** Grafana's volume goes with it: the rehearsal keeps none. */
async function destroyGrafana(): Promise<void> {
  await pulumiOrFail(stack, "destroy", "--target", "**::server-grafana*", "--target-dependents");
}

/** Brings the server up with a version of Grafana, on the volume that is there. */
async function upWith(image: string, contactPoints: object): Promise<void> {
  const { location } = await serverImage("grafana", image, preparation);
  await loadImages("vps", [location], preparation.report);
  await changeSetting<object>("images", (images) => ({ ...images, grafana: location }));
  await changeSetting("contactPoints", () => contactPoints);
  await pulumiOrFail(stack, "up");
}

async function expectHealthyGrafana(): Promise<void> {
  const state = await docker("inspect", "grafana", "--format", "{{.RestartCount}} {{.State.Health.Status}}");
  expect(state).toBe("0 healthy");
  const { grafanaAdminPassword } = await stack.outputs();
  const ask = async <T>(path: string): Promise<T> => askGrafana(grafanaAdminPassword, path);
  expect(await ask("datasources/uid/pi-monitoring-influxdb/health")).toMatchObject({ status: "OK" });
  const rules = await ask<{ uid: string }[]>("v1/provisioning/alert-rules");
  expect(rules.filter(({ uid }) => uid.startsWith("pi-monitoring-")).length).toBeGreaterThan(15);
  const points = await ask<{ name: string }[]>("v1/provisioning/contact-points");
  expect(points.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["Pi monitoring", "Pi monitoring: heartbeat"]),
  );
}

beforeAll(async () => {
  stack = await startRehearsal();
  before = (await stack.settings()).images;
});

afterAll(async () => {
  await changeSetting("images", () => before);
  await changeSetting("contactPoints", () => ({}));
  await destroyGrafana();
  await pulumiOrFail(stack, "up");
});

describe.each([defaultImages.grafana, "grafana/grafana:13.2.3"])("a new volume of %s", (image) => {
  test.each([
    { what: "no contact point", contactPoints: {} },
    { what: "all contact points", contactPoints: allContactPoints(unanswered) },
  ])("starts with $what", async ({ contactPoints }) => {
    await destroyGrafana();
    await upWith(image, contactPoints);
    await expectHealthyGrafana();
  });

  test("starts with no contact point again", async () => {
    await upWith(image, {});
    await expectHealthyGrafana();
  });
});

test(`a volume of Grafana 12.3 is upgraded to ${defaultImages.grafana}`, async () => {
  await destroyGrafana();
  await upWith("grafana/grafana:12.3.0", allContactPoints(unanswered));
  await expectHealthyGrafana();
  await upWith(defaultImages.grafana, {});
  await expectHealthyGrafana();
});
