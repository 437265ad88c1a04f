import { createHash } from "node:crypto";

/** The SHA-256 of a text, in hexadecimal digits. */
export function sha256(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
