import tseslint from "typescript-eslint";
import pulumi from "@pulumi/eslint-plugin";

export default tseslint.config(
  {
    ignores: [
      "node_modules/",
      "scripts/rehearsal/offline/dashboard-viewer/",
      "coverage/",
      ".lab*/",
      "**/*.cjs",
      "**/*.js",
      "**/*.mjs",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { "@pulumi": pulumi },
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "@pulumi/no-output-in-template-literal": "error",
      "@pulumi/no-output-instance-in-template-literal": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // A component resource is made for its effect: `new PiNode(...)` needs no variable.
      "no-new": "off",
    },
  },
);
