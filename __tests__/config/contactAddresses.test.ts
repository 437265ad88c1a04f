import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { acceptedUrls, refusedByGo } from "../support/contactUrls";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

/** Whether Go's `url.Parse` takes a URL, which promtool hands to it as Grafana does. */
function isTaken(urls: readonly string[]): boolean {
  const file = join(folder, "prometheus.yml");
  writeFileSync(file, stringify({ remote_write: urls.map((url, index) => ({ url, name: `${index}` })) }));
  return spawnSync("promtool", ["check", "config", file]).status === 0;
}

test("Go takes every URL that the settings take", () => {
  expect(isTaken(acceptedUrls)).toBe(true);
});

test.each(refusedByGo)("Go refuses %s, as the settings do", (url) => {
  expect(isTaken([url])).toBe(false);
});
