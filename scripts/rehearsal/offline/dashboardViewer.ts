import { cp, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { glob } from "zx";
import { fingerprintOfFiles } from "../fingerprint";
import { cached } from "../../cli/cache";
import { UserError } from "../../../components/userError";
import type { Report } from "../../cli/progress";
import { $ } from "../../cli/shell";

const source = join(__dirname, "dashboard-viewer");

/** An empty package. The viewer's package.json replaces by it the packages that the viewer does not need. */
const emptyPackage = "npm:client-only@0.0.1";

/** The script and the styles that draw dashboards with Grafana's components. */
export async function builtViewer(report: Report): Promise<string[]> {
  const files = (
    await glob(["package*.json", "tsconfig.json", "src/**"], { cwd: source, absolute: true })
  ).sort();
  const fingerprint = await fingerprintOfFiles([__filename, ...files]);
  const folder = await cached(`dashboard-viewer-${fingerprint}`, async (unfinished) => {
    report("building the page that shows the dashboards (about 1 min)");
    const copy = join(unfinished, "source");
    await cp(source, copy, { recursive: true, filter: (path) => basename(path) !== "node_modules" });
    const flags = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    const { exitCode, stderr } = await $({ cwd: copy, nothrow: true })`npm ci ${flags}`;
    if (exitCode !== 0) {
      throw new UserError(
        `The packages of the page that shows the dashboards cannot be installed:\n${stderr}`,
      );
    }
    await bundleViewer(copy, unfinished);
    await rm(copy, { recursive: true });
  });
  return ["js", "css"].map((extension) => join(folder, `dashboard-viewer.${extension}`));
}

/** Bundles the viewer in `folder`, whose packages are installed. */
async function bundleViewer(folder: string, outdir: string): Promise<void> {
  await build({
    entryPoints: { "dashboard-viewer": join(folder, "src/main.tsx") },
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".svg": "dataurl", ".woff2": "dataurl" },
    plugins: [await withoutPackages(folder), withoutFonts, icons(folder)],
    logLevel: "error",
  });
}

/**
 * Makes an empty module of each import of a package that package.json replaces by an empty one. Most of these packages are
 * huge, and no panel uses them.
 */
async function withoutPackages(folder: string): Promise<Plugin> {
  const { overrides } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    overrides: Readonly<Record<string, string>>;
  };
  const names = Object.keys(overrides).filter((name) => overrides[name] === emptyPackage);
  const escaped = names.map((name) => name.replace(/[^\w@/-]/g, "\\$&"));
  return {
    name: "without packages",
    setup: (bundle) => {
      if (escaped.length === 0) {
        return;
      }
      const filter = new RegExp(`^(${escaped.join("|")})(/|$)`);
      bundle.onResolve({ filter }, ({ path }) => ({ path, namespace: "empty" }));
      bundle.onLoad({ filter: /.*/, namespace: "empty" }, () => ({ contents: "module.exports = {};" }));
    },
  };
}

/** Leaves out the styles that load fonts from a folder of Grafana's; the viewer has its own. */
const withoutFonts: Plugin = {
  name: "without fonts",
  setup: (bundle) => {
    bundle.onLoad({ filter: /\/GlobalStyles\/fonts\.mjs$/ }, () => ({
      contents: 'export const getFontStyles = () => "";',
    }));
  },
};

/** The module `icons`: the texts of Grafana's icons, by their paths. */
function icons(folder: string): Plugin {
  return {
    name: "icons",
    setup: (bundle) => {
      bundle.onResolve({ filter: /^icons$/ }, ({ path }) => ({ path, namespace: "icons" }));
      bundle.onLoad({ filter: /.*/, namespace: "icons" }, async () => {
        const root = join(folder, "node_modules/@grafana/ui/dist/public/img/icons");
        const files = await glob("**/*.svg", { cwd: root });
        const entries = files.map(async (file) => [file, await readFile(join(root, file), "utf8")] as const);
        return { contents: JSON.stringify(Object.fromEntries(await Promise.all(entries))), loader: "json" };
      });
    },
  };
}
