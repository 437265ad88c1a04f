import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { browserUrl } from "../doctor/report";
import { startBrowser } from "../rehearsal/toolchain/browser";
import { rehearsalStack } from "../rehearsal/instance";
import { openGrafana, takePicture, waitForPanels } from "../rehearsal/grafanaPage";
import { openStack } from "../rehearsal/openStack";
import { runCommand } from "../cli/command";
import { confirmation, withProgress } from "../cli/progress";

const folder = join(__dirname, "../../docs/pictures");
const size = { width: 1400, height: 900 };

/**
 * `npm run pictures [-- --yes]`: takes the pictures of the documents, from a rehearsal that has been up for 15 minutes. With
 * `--yes` it installs the browser without a question.
 */
runCommand({ maxWords: 0, options: { yes: { type: "boolean" } } }, async ({ values }) => {
  const outputs = await (await openStack(rehearsalStack)).outputs();
  const url = browserUrl(rehearsalStack, outputs.urls.grafana);
  const preparation = { confirm: confirmation(values.yes) };
  await mkdir(folder, { recursive: true });
  await withProgress("Taking pictures", async (report) => {
    const browser = await startBrowser("chrome", { ...preparation, report });
    try {
      const page = await openGrafana(browser, url, outputs.grafanaAdminPassword ?? "", size);
      for (const name of ["cluster", "pi-health"]) {
        await page.goto(`${url}/d/pi-monitoring-${name}?from=now-15m&to=now`);
        await waitForPanels(page);
        await takePicture(page, join(folder, `${name}.png`));
      }
    } finally {
      await browser.close();
    }
  });
  return 0;
});
