import { existsSync } from "node:fs";
import tseslint from "typescript-eslint";
import pulumi from "@pulumi/eslint-plugin";
import { createNodeResolver, importX } from "eslint-plugin-import-x";

/** From top to bottom: a file imports from its own folder, and from those of the lines below. */
const layers = [
  ["__tests__"],
  ["scripts/bench"],
  ["scripts/commands", "scripts/tools"],
  [
    "scripts/alertTest",
    "scripts/backup",
    "scripts/doctor",
    "scripts/github",
    "scripts/init",
    "scripts/policy",
  ],
  ["scripts/rehearsal"],
  ["scripts/stack"],
  ["scripts/remote"],
  ["scripts/cli"],
  ["index.ts"],
  ["components/node", "components/server"],
  ["components/alerts", "components/dashboards"],
  ["components/flux"],
  ["components/settings"],
  ["components/machine"],
  ["components/sdk", "components/sha256.ts", "components/template.ts", "components/userError.ts"],
];

const zones = layers.slice(1).flatMap((layer, index) =>
  layer.map((target) => ({
    target,
    from: layers
      .slice(0, index + 2)
      .flat()
      .filter((folder) => folder !== target),
    message: "Imports only go down: see `layers` in eslint.config.mjs.",
  })),
);

/** Needs packages of its own. */
const bench = ["scripts/bench/", "__tests__/e2e/ingest/"];

export default tseslint.config(
  {
    ignores: [
      "node_modules/",
      "scripts/rehearsal/offline/dashboard-viewer/",
      ...(existsSync("scripts/bench/node_modules") ? [] : bench),
      "coverage/",
      ".lab*/",
      "**/*.cjs",
      "**/*.js",
      "**/*.mjs",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { "@pulumi": pulumi, "import-x": importX },
    languageOptions: { parserOptions: { project: ["./tsconfig.json", "./scripts/bench/tsconfig.json"] } },
    settings: {
      "import-x/extensions": [".ts"],
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js"] })],
    },
    rules: {
      "@pulumi/no-output-in-template-literal": "error",
      "@pulumi/no-output-instance-in-template-literal": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      // A computed path would hide an import from the other rules.
      "import-x/no-dynamic-require": ["error", { esmodule: true }],
      "import-x/no-restricted-paths": ["error", { zones }],
      // A component resource is made for its effect: `new PiNode(...)` needs no variable.
      "no-new": "off",
    },
  },
);
