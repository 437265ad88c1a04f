import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { dashboardNames } from "../../../components/dashboards/dashboards";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { type BrowserName, startBrowser } from "../../../scripts/rehearsal/toolchain/browser";
import {
  openGrafana,
  panelSeconds,
  panelSelector,
  takePicture,
} from "../../../scripts/rehearsal/grafanaPage";
import { run, runOrFail } from "../../support/commands";
import { exampleSettings } from "../../support/exampleSettings";
import { eventually } from "../../support/eventually";
import { linksOf, panelsOf } from "../support/dashboardPage";
import { type Panel, provisionedDashboards, type Dashboard } from "../support/provisioned";
import { piHosts as hosts } from "../support/machines";
import { preparation } from "../support/rehearsal";

const names = dashboardNames(exampleSettings());
const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
/** Pictures of the last run; git ignores them. */
const pictures = join(__dirname, "../../../.pictures");

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
  await mkdir(pictures, { recursive: true });
  browser = await startBrowser("chrome", preparation);
  page = await openGrafana(browser, url, password, wide);
  // A panel shows that it has failed, and why only to a person who points at it.
  page.on("response", (response) => {
    if (!response.ok() && response.url().includes("/api/")) {
      const text = response.text().catch(String);
      void text.then((answer) => {
        console.error(`${response.url()}: ${response.status()} ${answer}`);
      });
    }
  });
});

afterAll(async () => {
  await browser.close();
});

/** Opens a dashboard with the last 15 minutes. */
async function open(uid: string, parameters = ""): Promise<void> {
  await page.goto(`${url}/d/${uid}?from=now-15m&to=now${parameters}`, { waitUntil: "load" });
}

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

/** How a value with its unit looks. A number without a unit has none. */
const units: Readonly<Record<string, RegExp>> = {
  bool_yes_no: /Yes|No/,
  bytes: /\d ([KMGT]i)?B/,
  amp: /\d m?A/,
  Bps: /\d ([kMG]i?)?B\/s/,
  celsius: /\d °C/,
  cps: /\d( K)? c\/s/,
  d: /\d (day|week|month|year)/,
  h: /\d (min|hour|day|week|month|year)/,
  percent: /\d%/,
  reqps: /\d( K)? req\/s/,
  rotrpm: /\d( K)? rpm/,
  s: /\d (ns|µs|ms|s|min|hour|day|week|year)/,
  volt: /\d m?V/,
  watt: /\d m?W/,
};

function unitsOf({ fieldConfig }: Panel): string[] {
  const overrides = fieldConfig.overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "unit").map(({ value }) => String(value)),
  );
  return [...new Set([fieldConfig.defaults.unit ?? "", ...overrides])];
}

describe.each(names)("the dashboard %s", (name) => {
  const uid = `pi-monitoring-${name}`;
  const ofOneNode = name === "node";

  test.each([
    { where: "on a wide screen", size: wide },
    { where: "on a phone", size: phone },
  ])("draws every panel $where, with data, in its unit and with its legend", async ({ size }) => {
    await page.setViewport(size);
    await open(uid);
    const { panels = [] } = dashboards.find((each) => each.uid === uid) ?? {};
    await eventually(`the panels of ${name}`, 2 * panelSeconds, async () => {
      const shown = await panelsOf(page);
      expect(shown.map(({ title }) => title).sort()).toEqual(panels.map(({ title }) => title).sort());
      // A number and its graph over time may have the same title.
      const drawn = panels.map((panel) => ({
        panel,
        found: shown.find(
          ({ title, hasPlot }) => title === panel.title && hasPlot === (panel.type === "timeseries"),
        ),
      }));
      for (const { panel, found } of drawn) {
        const { title } = panel;
        expect({ title, error: found?.error }).toEqual({ title, error: null });
        expect({ title, empty: found?.text.includes("No data") }).toEqual({ title, empty: false });
        expect(found?.width).toBeLessThanOrEqual(size.width);
        if (panel.type === "timeseries") {
          expect({ title, named: found?.hasLegend }).toEqual({ title, named: true });
        }
        // Panels of the dashboard Pipeline are about masters.
        if (found?.text.includes(".local") === true && name !== "pipeline") {
          const nodes = hosts.filter((host) => found.text.includes(host));
          expect({ title, nodes }).toEqual({ title, nodes: hosts });
        }
        // Of a table on a phone, the columns beyond the edge are drawn when they are scrolled to.
        const isWhole = panel.type !== "table" || size === wide;
        for (const unit of isWhole ? unitsOf(panel).filter((each) => each !== "short") : []) {
          const text = expect.stringMatching(units[unit] ?? "an unknown unit") as string;
          expect({ title, unit, text: found?.text }).toEqual({ title, unit, text });
        }
      }
      if (!ofOneNode && name !== "pipeline") {
        expect(drawn.filter(({ found }) => found?.text.includes(".local")).length).toBeGreaterThan(4);
      }
    });
    await takePicture(page, join(pictures, `${name}-${size.width}.png`));
  });
});

test.each(names)("the dashboard %s says that there is no data, as before the first sample", async (name) => {
  await page.setViewport(wide);
  const { panels = [] } = dashboards.find((each) => each.uid === `pi-monitoring-${name}`) ?? {};
  const graphs = panels.filter(({ type }) => type === "timeseries");
  await eventually(`the panels of ${name} without data`, panelSeconds, async () => {
    await page.goto(`${url}/d/pi-monitoring-${name}?from=1577836800000&to=1577840400000`, {
      waitUntil: "load",
    });
    const shown = await panelsOf(page);
    expect(shown).toHaveLength(panels.length);
    expect(shown.filter(({ error }) => error !== null)).toEqual([]);
    expect(shown.filter(({ hasPlot }) => hasPlot)).toEqual([]);
    expect(shown.filter(({ text }) => text.includes("No data")).length).toBeGreaterThanOrEqual(graphs.length);
  });
});

test("links lead to the other dashboards and keep the time", async () => {
  await page.setViewport(wide);
  await open("pi-monitoring-cluster");
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
    await open("pi-monitoring-cluster");
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
