import { execFileSync } from "node:child_process";

// Installs the packages of package.json beside this file, as far as they are missing. Import it before any of them.
const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefer-offline"];
execFileSync("npm", ["install", ...flags], { cwd: __dirname, stdio: ["ignore", "ignore", "inherit"] });
