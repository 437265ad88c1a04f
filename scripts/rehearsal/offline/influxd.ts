import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { which } from "zx";
import { ensurePrograms } from "../toolchain/apt";
import type { Preparation } from "../../cli/progress";
import { cached } from "../../cli/cache";
import { buildGoProgram } from "./go";
import { UserError } from "../../../components/userError";
import { $ } from "../../cli/shell";

/** Finds the Flux library, which is in Rust, for Go's linker: InfluxDB's own stand-in for `pkg-config`. */
const fluxPkgConfig = {
  name: "InfluxDB's pkg-config",
  module: "github.com/influxdata/pkg-config",
  version: "0.2.7",
  path: "",
};

/** InfluxDB 2 without its web pages, built from its Go module. */
export async function builtInfluxd(version: string, preparation: Preparation): Promise<string> {
  const folder = await cached(`influxd-${version}`, async (unfinished) => {
    const toolchain = await rustToolchain();
    const tools = join(unfinished, "tools");
    await buildGoProgram(fluxPkgConfig, join(tools, "pkg-config"), "a few seconds", preparation.report);
    const packages = { cc: ["gcc", "libc6-dev"], "pkg-config": ["pkg-config"] };
    await ensurePrograms(packages, "the build of InfluxDB", preparation);
    await buildGoProgram(
      {
        name: "InfluxDB",
        module: "github.com/influxdata/influxdb/v2",
        version,
        path: "cmd/influxd",
        tags: ["sqlite_foreign_keys", "sqlite_json"],
        variables: { "main.version": `v${version}` },
        environment: {
          PATH: `${tools}:${process.env["PATH"] ?? ""}`,
          // Flux pins a toolchain of its own, which would be downloaded; any newer one builds it too.
          RUSTUP_TOOLCHAIN: toolchain,
          RUSTC_WRAPPER: await lenientRustc(tools),
        },
      },
      join(unfinished, "influxd"),
      "3 to 6 min",
      preparation.report,
    );
  });
  return join(folder, "influxd");
}

/** The default toolchain, such as `stable-x86_64-unknown-linux-gnu`. */
async function rustToolchain(): Promise<string> {
  if ((await which("rustup", { nothrow: true })) === null) {
    throw new UserError(
      "Rust is needed to build InfluxDB: install it from https://rustup.rs and start again.",
    );
  }
  const { stdout } = await $({ nothrow: true })`rustup default`;
  const [, toolchain] = /^(\S+)(?: \(|\n|$)/.exec(stdout) ?? [];
  if (toolchain === undefined) {
    throw new UserError(
      "Rust is needed to build InfluxDB, and rustup has no default toolchain: `rustup default stable` installs one.",
    );
  }
  return toolchain;
}

/** Newer compilers warn about more than Flux expects, and Flux takes warnings for errors. */
async function lenientRustc(folder: string): Promise<string> {
  const path = join(folder, "rustc-lenient");
  await writeFile(path, '#!/bin/sh\nexec "$@" --cap-lints warn\n', { mode: 0o755 });
  return path;
}
