import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { dashboardNames } from "../../../components/dashboards/dashboards";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { type BrowserName, startBrowser } from "../../../scripts/rehearsal/toolchain/browser";
import { openGrafana, panelSelector, takePicture } from "../../../scripts/rehearsal/grafanaPage";
import { run, runOrFail } from "../../support/commands";
import { exampleSettings } from "../../support/exampleSettings";
import { eventually } from "../../support/eventually";
import {
  expectDrawn,
  expectNoData,
  linksOf,
  openBrowser,
  openDashboard,
  panelsOf,
  pictures,
  sizes,
  wide,
} from "../support/dashboardPage";
import { hosts } from "../support/machines";
import { dashboardOf, provisionedDashboards, type Dashboard } from "../support/provisioned";
import { preparation } from "../support/rehearsal";

const names = dashboardNames(exampleSettings());
let browser: Browser;
let page: Page;
let url: string;
let password: string;
let dashboards: Dashboard[];

beforeAll(async () => {
  const { stdout } = await runOrFail("start", ["--yes"]);
  [, url = ""] = /^Grafana: (\S+)/m.exec(stdout) ?? [];
  password = (await run("password")).stdout.trim();
  dashboards = await provisionedDashboards();
  ({ browser, page } = await openBrowser(url, password));
});

afterAll(async () => {
  await browser.close();
});

test.each<BrowserName>(["chrome", "firefox"])("the address of npm start opens in %s", async (name) => {
  const another = await startBrowser(name, preparation);
  try {
    const home = await openGrafana(another, url, password, wide);
    await home.waitForSelector(panelSelector, { timeout: 60_000 });
    expect(await home.title()).toContain("Cluster");
  } finally {
    await another.close();
  }
});

describe.each(names)("the dashboard %s", (name) => {
  test.each(sizes)(
    "draws every panel $where, with data, in its unit and with its legend",
    async ({ size }) => {
      // Panels of the dashboard Pipeline are about masters.
      const isOfNodes = (text: string): boolean => text.includes(".local") && name !== "pipeline";
      await expectDrawn(page, url, dashboardOf(dashboards, name), {
        size,
        nodesOf: ({ text }) => (isOfNodes(text) ? hosts : undefined),
        check: (shown) => {
          if (name !== "node" && name !== "pipeline") {
            expect(shown.filter(({ text }) => isOfNodes(text)).length).toBeGreaterThan(4);
          }
        },
      });
      await takePicture(page, join(pictures, `${name}-${size.width}.png`));
    },
  );
});

test.each(names)("the dashboard %s says that there is no data, as before the first sample", async (name) => {
  await expectNoData(page, url, dashboardOf(dashboards, name));
});

test("links lead to the other dashboards and keep the time", async () => {
  await page.setViewport(wide);
  await openDashboard(page, url, "pi-monitoring-cluster");
  await panelsOf(page);
  const links = await linksOf(page);
  for (const name of names.filter((each) => each !== "cluster")) {
    const link = links.find(
      (each) => each.includes(`/d/pi-monitoring-${name}`) && each.includes("from=now-15m"),
    );
    expect({ name, link }).toEqual({ name, link: expect.any(String) as string });
  }
  // Tables draw their rows some time after the page.
  const toNode = await eventually("the link to a node", 30, async () => {
    const found = (await linksOf(page)).find((each) => each.includes("var-node=kube-1.local"));
    return found ?? Promise.reject(new Error("the table has none"));
  });
  await page.goto(toNode, { waitUntil: "load" });
  const shown = await panelsOf(page);
  expect(shown.length).toBeGreaterThan(5);
  expect(await page.title()).toContain("Node");
  expect(new URL(page.url()).searchParams.get("var-node")).toBe("kube-1.local");
});

test("panels are drawn from the provisioned files as they are", async () => {
  const file = "/etc/grafana/dashboards/cluster.json";
  const docker = (input: string, ...words: string[]): Promise<string> =>
    exec("vps", ["docker", "exec", "-i", "-u", "0", "grafana", ...words], input);
  const before = await docker("", "cat", file);
  const hottest = async (): Promise<string> => {
    await openDashboard(page, url, "pi-monitoring-cluster");
    return (await panelsOf(page)).find(({ title }) => title === "Hottest")?.text ?? "";
  };
  expect(await hottest()).toMatch(/48\.3 °C/);
  try {
    await docker(before.replaceAll('"celsius"', '"fahrenheit"'), "tee", file);
    await eventually("another unit", 60, async () => {
      expect(await hottest()).toMatch(/48\.3 °F/);
    });
  } finally {
    await docker(before, "tee", file);
  }
});
