import puppeteer, { type Browser } from "puppeteer-core";
import { ensurePrograms } from "./apt";
import type { Preparation } from "../../cli/progress";

/** Browsers of Debian, by the program of each. */
const programs = { chrome: "chromium", firefox: "firefox-esr" } as const;
export type BrowserName = keyof typeof programs;

/**
 * Starts a browser of this machine without a window. Of what a person would have to allow, it accepts certificates that
 * no authority has signed, and nothing else.
 */
export async function startBrowser(browser: BrowserName, preparation: Preparation): Promise<Browser> {
  const program = programs[browser];
  await ensurePrograms({ [program]: [program] }, "a look at the dashboards", preparation);
  return puppeteer.launch({
    browser,
    executablePath: `/usr/bin/${program}`,
    acceptInsecureCerts: true,
    // Chromium has no sandbox for root, who runs tests on most machines without a screen.
    args: browser === "chrome" && process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}
