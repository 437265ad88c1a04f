import { join } from "node:path";

/** What the rehearsal of this checkout keeps while it is up: keys, and what was built for it. */
export const labFolder = join(__dirname, "../../.lab");
