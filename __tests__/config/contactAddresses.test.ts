import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { acceptedUrls, refusedByGo } from "../support/contactUrls";
import { checkConfig } from "../support/promtool";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

/** Whether Go's `url.Parse` takes a URL, which promtool hands to it as Grafana does. */
function isTaken(urls: readonly string[]): boolean {
  const file = join(folder, "prometheus.yml");
  writeFileSync(file, stringify({ remote_write: urls.map((url, index) => ({ url, name: `${index}` })) }));
  return checkConfig([file]).status === 0;
}

test("Go takes every URL that the settings take", () => {
  expect(isTaken(acceptedUrls)).toBe(true);
});

test.each(refusedByGo)("Go refuses %s, as the settings do", (url) => {
  expect(isTaken([url])).toBe(false);
});
