import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** Makes a self-signed certificate, with the file names of the portal. */
export function makeCertificate(target: string, host: string, days = 30): void {
  mkdirSync(target, { recursive: true });
  const files = ["-keyout", join(target, "domain.key"), "-out", join(target, "chained.crt")];
  const subject = ["-subj", `/CN=${host}`, "-days", `${days}`];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, ...files], {
    stdio: "ignore",
  });
}
