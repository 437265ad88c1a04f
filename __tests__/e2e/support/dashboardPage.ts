import type { Page } from "puppeteer-core";
import { panelSelector, waitForPanels } from "../../../scripts/rehearsal/grafanaPage";

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
