import type { Browser, Page, Viewport } from "puppeteer-core";

/** Opens an address of Grafana's in a browser, and logs in. */
export async function openGrafana(
  browser: Browser,
  url: string,
  password: string,
  size: Viewport,
): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport(size);
  await page.goto(url, { waitUntil: "load" });
  await page.locator('input[name="user"]').fill("admin");
  await page.locator('input[name="password"]').fill(password);
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.keyboard.press("Enter")]);
  return page;
}

/** The panels of a dashboard. */
export const panelSelector = '[data-testid^="data-testid Panel header"]';

// These two run in the browser. They are text, as tsconfig.json has no `lib` with a browser's names, such as `window`.

/** Scrolls through the page: a panel asks for its data when it comes into sight. */
const scrollThrough = `(async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 300) {
    window.scrollTo(0, y);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  window.scrollTo(0, 0);
})()`;

const allLoaded = `document.querySelector('[aria-label="Panel loading bar"]') === null`;

/** How long the panels may take to appear, and then to get their data. */
export const panelSeconds = 60;

/** Waits until every panel of a dashboard has asked for its data and has it. */
export async function waitForPanels(page: Page): Promise<void> {
  const timeout = panelSeconds * 1000;
  await page.waitForSelector(panelSelector, { timeout });
  await page.evaluate(scrollThrough);
  await page.waitForFunction(allLoaded, { timeout });
}

/** Takes a picture of the whole page. */
export async function takePicture(page: Page, path: string): Promise<void> {
  // A table draws only the rows in sight: without this option, the window does not become as high as the page.
  await page.screenshot({ path, fullPage: true, captureBeyondViewport: false });
}
