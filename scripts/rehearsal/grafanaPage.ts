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

// These run in the page. As text, because the types of a browser would hide those of Node.

/** Panels ask for their data when they are seen. */
const seeAll = `(async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 300) {
    window.scrollTo(0, y);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  window.scrollTo(0, 0);
})()`;

const allLoaded = `document.querySelector('[aria-label="Panel loading bar"]') === null`;

/** Waits until every panel of a dashboard has been seen and has what it asks for. */
export async function waitForPanels(page: Page): Promise<void> {
  await page.waitForSelector(panelSelector, { timeout: 60_000 });
  await page.evaluate(seeAll);
  await page.waitForFunction(allLoaded, { timeout: 60_000 });
}

/** Takes a picture of the whole page. A table is drawn only in sight, so the window becomes as high as the page. */
export async function takePicture(page: Page, path: string): Promise<void> {
  const size = page.viewport() ?? { width: 1440, height: 900 };
  const height = (await page.evaluate("document.documentElement.scrollHeight")) as number;
  await page.setViewport({ ...size, height });
  await page.screenshot({ path: path });
  await page.setViewport(size);
}
