import type { Report } from "../../cli/progress";
import { $ } from "../../cli/shell";

/** Pulumi's download site. A blocked one can take many seconds to fail, so a failure is remembered for the run. */
export class PulumiSite {
  static readonly url = "https://get.pulumi.com";
  private usable: Promise<boolean> | undefined;

  constructor(private readonly report: Report) {}

  /** Runs `download`, or fails at once where the site has not answered before. */
  async fetch(download: () => Promise<void>): Promise<void> {
    this.usable ??= this.answers();
    if (!(await this.usable)) {
      throw new Error(`${PulumiSite.url} does not answer`);
    }
    try {
      await download();
    } catch (error) {
      // Some proxies let the first request through and nothing after it.
      this.usable = Promise.resolve(false);
      this.report(`downloading from ${PulumiSite.url} failed: ${String(error)}`);
      throw error;
    }
  }

  /** With curl, as it follows the proxy settings in the environment. */
  private async answers(): Promise<boolean> {
    this.report(`looking for ${PulumiSite.url} (up to 15 s)`);
    const { exitCode } = await $({ nothrow: true })`curl -sfIL --max-time 15 ${PulumiSite.url}/install.sh`;
    return exitCode === 0;
  }
}
