import type { Page } from "puppeteer-core";
import { panelSelector, waitForPanels } from "../../../scripts/rehearsal/grafanaPage";

/** What a panel shows, by what Grafana's components draw. */
export interface ShownPanel {
  readonly title: string;
  readonly text: string;
  /** Names of lines. */
  readonly legend: readonly string[];
  /** Whether there are lines. */
  readonly hasPlot: boolean;
  readonly error: string | null;
  /** In pixels. */
  readonly width: number;
}

// It runs in the page. It is a text, as the types of a browser would conflict with those of Node.
const readPanels = `(async () => {
  const shown = [];
  for (const panel of document.querySelectorAll('${panelSelector}')) {
    // A table has no text while it is out of sight.
    panel.scrollIntoView();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    shown.push({
      title: panel.getAttribute("data-testid").replace("data-testid Panel header ", ""),
      text: panel.innerText,
      legend: [...panel.querySelectorAll('[data-testid^="data-testid VizLegend series"]')].map((each) => each.innerText.trim()),
      hasPlot: panel.querySelector(".u-over") !== null,
      error: panel.querySelector('[data-testid="data-testid Panel status error"]')?.getAttribute("aria-label") ?? null,
      width: panel.getBoundingClientRect().width,
    });
  }
  window.scrollTo(0, 0);
  return shown;
})()`;

/** The panels of the page, once all have been seen and have what they ask for. */
export async function panelsOf(page: Page): Promise<ShownPanel[]> {
  await waitForPanels(page);
  return (await page.evaluate(readPanels)) as ShownPanel[];
}

/** Where the links of the page lead. */
export async function linksOf(page: Page): Promise<string[]> {
  return (await page.evaluate('[...document.querySelectorAll("a")].map((each) => each.href)')) as string[];
}
