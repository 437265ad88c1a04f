import type { Browser, Page } from "puppeteer-core";

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

/**
 * Opens an address of Grafana's in a browser, and logs in where it asks.
 *
 * @param size of the window in pixels
 */
export async function openGrafana(
  browser: Browser,
  url: string,
  password: string,
  size: { readonly width: number; readonly height: number },
): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport(size);
  await page.goto(url, { waitUntil: "load" });
  await page.locator('input[name="user"]').fill("admin");
  await page.locator('input[name="password"]').fill(password);
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.keyboard.press("Enter")]);
  return page;
}

// The page's own language has no types here: those of a browser would hide those of Node.

/** Panels ask for their data when they are seen. */
const seeAll = `(async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 300) {
    window.scrollTo(0, y);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  window.scrollTo(0, 0);
})()`;

const allLoaded = `document.querySelector('[data-testid^="data-testid Panel header"]') !== null
  && document.querySelector('[aria-label="Panel loading bar"]') === null`;

const readPanels = `[...document.querySelectorAll('[data-testid^="data-testid Panel header"]')].map((panel) => ({
  title: panel.getAttribute("data-testid").replace("data-testid Panel header ", ""),
  text: panel.innerText,
  legend: [...panel.querySelectorAll('[data-testid^="data-testid VizLegend series"]')].map((each) => each.innerText.trim()),
  hasPlot: panel.querySelector(".u-over") !== null,
  error: panel.querySelector('[data-testid="data-testid Panel status error"]')?.getAttribute("aria-label") ?? null,
  width: panel.getBoundingClientRect().width,
}))`;

/** The panels of the page, once all have been seen and have what they ask for. */
export async function panelsOf(page: Page): Promise<ShownPanel[]> {
  await page.waitForFunction(allLoaded, { timeout: 60_000 });
  await page.evaluate(seeAll);
  await page.waitForFunction(allLoaded, { timeout: 60_000 });
  return (await page.evaluate(readPanels)) as ShownPanel[];
}

/** Where the links of the page lead. */
export async function linksOf(page: Page): Promise<string[]> {
  return (await page.evaluate('[...document.querySelectorAll("a")].map((each) => each.href)')) as string[];
}
