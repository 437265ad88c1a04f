import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import {
  openGrafana,
  panelSeconds,
  panelSelector,
  waitForPanels,
} from "../../../scripts/rehearsal/grafanaPage";
import { startBrowser } from "../../../scripts/rehearsal/toolchain/browser";
import { eventually } from "../../support/eventually";
import { hosts } from "./machines";
import type { Dashboard, Panel } from "./provisioned";
import { preparation } from "./rehearsal";

export const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
/** The screens on which dashboards are drawn. */
export const sizes = [
  { where: "on a wide screen", size: wide },
  { where: "on a phone", size: phone },
];

/** Pictures of the last run; git ignores them. */
export const pictures = join(__dirname, "../../../.pictures");

/** Opens Grafana in Chromium, and logs in. */
export async function openBrowser(
  url: string,
  password: string,
): Promise<{ readonly browser: Browser; readonly page: Page }> {
  await mkdir(pictures, { recursive: true });
  const browser = await startBrowser("chrome", preparation);
  const page = await openGrafana(browser, url, password, wide);
  // A panel shows that it has failed, and why only to a person who points at it.
  page.on("response", (response) => {
    if (!response.ok() && response.url().includes("/api/")) {
      const text = response.text().catch(String);
      void text.then((answer) => {
        console.error(`${response.url()}: ${response.status()} ${answer}`);
      });
    }
  });
  return { browser, page };
}

/** Opens a dashboard with samples of some minutes, which lines need. */
export async function openDashboard(page: Page, url: string, uid: string): Promise<void> {
  await page.goto(`${url}/d/${uid}?from=now-15m&to=now`, { waitUntil: "load" });
}

/** What a panel shows, by what Grafana's components draw. */
export interface ShownPanel {
  readonly title: string;
  readonly text: string;
  /** Whether it names its lines. */
  readonly hasLegend: boolean;
  /** Whether it has the area in which uPlot, Grafana's own library, draws lines. */
  readonly hasPlot: boolean;
  readonly error: string | null;
  /** In pixels. */
  readonly width: number;
}

// It runs in the page, and is a text as the scripts of grafanaPage.ts are.
const readPanels = `(async () => {
  const shown = [];
  for (const panel of document.querySelectorAll('${panelSelector}')) {
    // A table loses its text when it gets out of sight. Two frames later, it has drawn it again.
    panel.scrollIntoView();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    shown.push({
      title: panel.getAttribute("data-testid").replace("data-testid Panel header ", ""),
      text: panel.innerText,
      hasLegend: panel.querySelector('[data-testid^="data-testid VizLegend series"]') !== null,
      hasPlot: panel.querySelector(".u-over") !== null,
      error: panel.querySelector('[data-testid="data-testid Panel status error"]')?.getAttribute("aria-label") ?? null,
      width: panel.getBoundingClientRect().width,
    });
  }
  window.scrollTo(0, 0);
  return shown;
})()`;

/** The panels of the page, after all have been scrolled into sight and have their data. */
export async function panelsOf(page: Page): Promise<ShownPanel[]> {
  await waitForPanels(page);
  return (await page.evaluate(readPanels)) as ShownPanel[];
}

/** Where the links of the page lead. */
export async function linksOf(page: Page): Promise<string[]> {
  return (await page.evaluate('[...document.querySelectorAll("a")].map((each) => each.href)')) as string[];
}

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

/**
 * Opens a dashboard, and waits until each panel is drawn: with data, in its unit, with its legend, and without an error.
 *
 * @param args.nodesOf the nodes, by their hosts, that a panel must show, and no others; undefined where it may show any
 * @param args.check what else must hold of all panels
 */
export async function expectDrawn(
  page: Page,
  url: string,
  { uid, panels }: Dashboard,
  args: {
    readonly size: { readonly width: number; readonly height: number };
    readonly nodesOf: (panel: ShownPanel) => readonly string[] | undefined;
    readonly check: (shown: readonly ShownPanel[]) => void;
  },
): Promise<void> {
  const { size, nodesOf, check } = args;
  await page.setViewport(size);
  await openDashboard(page, url, uid);
  await eventually(`the panels of ${uid}`, 2 * panelSeconds, async () => {
    const shown = await panelsOf(page);
    expect(shown.map(({ title }) => title).sort()).toEqual(panels.map(({ title }) => title).sort());
    for (const panel of panels) {
      const { title, type } = panel;
      const isPlot = type === "timeseries";
      // A number and its graph over time may have the same title.
      const found = shown.find((each) => each.title === title && each.hasPlot === isPlot);
      expect({ title, error: found?.error }).toEqual({ title, error: null });
      expect({ title, empty: found?.text.includes("No data") }).toEqual({ title, empty: false });
      expect(found?.width).toBeLessThanOrEqual(size.width);
      if (isPlot) {
        expect({ title, named: found?.hasLegend }).toEqual({ title, named: true });
      }
      const expected = found === undefined ? undefined : nodesOf(found);
      if (expected !== undefined) {
        const nodes = hosts.filter((host) => found?.text.includes(host));
        expect({ title, nodes }).toEqual({ title, nodes: expected });
      }
      // Of a table on a phone, the columns beyond the edge are drawn when they are scrolled to.
      const isWhole = type !== "table" || size === wide;
      for (const unit of isWhole ? unitsOf(panel).filter((each) => each !== "short") : []) {
        const text = expect.stringMatching(units[unit] ?? "an unknown unit") as string;
        expect({ title, unit, text: found?.text }).toEqual({ title, unit, text });
      }
    }
    check(shown);
  });
}

/** Opens a dashboard at a time of which there are no samples: its panels say so, and none is in error. */
export async function expectNoData(page: Page, url: string, { uid, panels }: Dashboard): Promise<void> {
  await page.setViewport(wide);
  const graphs = panels.filter(({ type }) => type === "timeseries");
  await eventually(`the panels of ${uid} without data`, panelSeconds, async () => {
    await page.goto(`${url}/d/${uid}?from=1577836800000&to=1577840400000`, { waitUntil: "load" });
    const shown = await panelsOf(page);
    expect(shown).toHaveLength(panels.length);
    expect(shown.filter(({ error }) => error !== null)).toEqual([]);
    expect(shown.filter(({ hasPlot }) => hasPlot)).toEqual([]);
    expect(shown.filter(({ text }) => text.includes("No data")).length).toBeGreaterThanOrEqual(graphs.length);
  });
}
