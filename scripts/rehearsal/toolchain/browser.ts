import puppeteer, { type Browser } from "puppeteer-core";
import { ensurePrograms } from "./apt";
import type { Preparation } from "../../cli/progress";

/** The browsers in Debian: the name that puppeteer gives to each, and the name of its program and package. */
const programs = { chrome: "chromium", firefox: "firefox-esr" } as const;
export type BrowserName = keyof typeof programs;

/**
 * Starts an installed browser without a window; on Debian it can be installed. The browser accepts the rehearsal's
 * certificates, which no authority has signed.
 */
export async function startBrowser(browser: BrowserName, preparation: Preparation): Promise<Browser> {
  const program = programs[browser];
  await ensurePrograms({ [program]: [program] }, "a look at the dashboards", preparation);
  return puppeteer.launch({
    browser,
    executablePath: `/usr/bin/${program}`,
    acceptInsecureCerts: true,
    // Chromium refuses to start as root with its sandbox, and in containers tests run as root.
    args: browser === "chrome" && process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}
