import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultImages } from "../../components/settings/schema";

const root = join(__dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

interface CustomManager {
  readonly managerFilePatterns: readonly [string];
  readonly matchStrings: readonly [string];
  readonly depNameTemplate?: string;
  readonly datasourceTemplate: string;
}

const { customManagers, packageRules } = JSON.parse(read(".github/renovate.json")) as {
  customManagers: readonly CustomManager[];
  packageRules: readonly {
    readonly matchPackageNames?: readonly string[];
    readonly allowedVersions?: string;
  }[];
};

/** What a manager finds in the file that its pattern names. */
function found({
  managerFilePatterns: [pattern],
  matchStrings: [match],
  ...manager
}: CustomManager): string[] {
  const file = pattern.replace(/^\/\^|\$\/$/g, "").replaceAll("\\", "");
  return [...read(file).matchAll(new RegExp(match, "g"))].map(
    ({ groups }) =>
      `${manager.datasourceTemplate} ${manager.depNameTemplate ?? groups?.["depName"] ?? ""}:${groups?.["currentValue"] ?? ""}`,
  );
}

test("every image and every tool that no package manager knows is kept up to date", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
  expect(customManagers.flatMap(found)).toEqual([
    ...Object.values(defaultImages).map((image) => `docker ${image}`),
    `npm @pulumi/pulumi:${dependencies["@pulumi/pulumi"] ?? ""}`,
    expect.stringMatching(/^github-releases rhysd\/actionlint:\d/),
    expect.stringMatching(/^pypi zizmor:\d/),
  ]);
});

test("what must not be upgraded is held", () => {
  const held = packageRules.flatMap(({ matchPackageNames = [], allowedVersions }) =>
    allowedVersions === undefined ? [] : matchPackageNames.map((name) => `${name} ${allowedVersions}`),
  );
  expect(held).toEqual([
    "@pulumi/command 1.2.1",
    "typescript <7",
    "influxdb <3",
    "grafana/grafana <13",
    "@types/node <21",
  ]);
});
