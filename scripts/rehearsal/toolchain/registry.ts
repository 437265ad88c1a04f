import { $ } from "../../cli/shell";
import type { Origin } from "./part";
import type { Report } from "../../cli/progress";

let answers: Promise<boolean> | undefined;

/**
 * Finds an official image in the local engine or pulls it.
 *
 * @returns undefined without a registry; whether one answers is asked once in a run
 */
export async function pulled(image: string, report: Report): Promise<Origin | undefined> {
  if (await hasImage(image)) {
    return "installed";
  }
  answers ??= registryAnswers(image, report);
  if (!(await answers)) {
    return undefined;
  }
  report(`pulling ${image} (up to 1 min)`);
  const { exitCode } = await $({ nothrow: true })`docker pull --quiet ${image}`;
  return exitCode === 0 ? "downloaded" : undefined;
}

export async function hasImage(image: string): Promise<boolean> {
  const { exitCode } = await $({ nothrow: true })`docker image inspect ${image}`;
  return exitCode === 0;
}

/** Asks for the image's manifest alone: quick, where a pull without a route can hang for minutes. */
async function registryAnswers(image: string, report: Report): Promise<boolean> {
  report("looking for an image registry (up to 15 s)");
  const { exitCode } = await $({ nothrow: true, timeout: "15s" })`docker manifest inspect ${image}`;
  return exitCode === 0;
}
