import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Something that signs certificates. */
export interface Authority {
  /** Its own certificate, in PEM. */
  readonly certificate: string;
  /** Writes `domain.key` and `signed.crt`, with the authority's certificate behind, as the portal does; returns the latter. */
  readonly sign: (target: string, host: string, days?: number) => string;
}

/** Makes an authority, with its files in a folder. */
export function makeAuthority(folder: string, name: string): Authority {
  mkdirSync(folder, { recursive: true });
  const [key, file] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  make(["-subj", `/CN=${name}`, "-keyout", key, "-out", file]);
  const certificate = readFileSync(file, "utf8");
  return {
    certificate,
    sign: (target, host, days = 90) => {
      mkdirSync(target, { recursive: true });
      const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName = DNS:${host}`, "-days", `${days}`];
      make([...subject, "-CA", file, "-CAkey", key, "-keyout", join(target, "domain.key")], target);
      return readFileSync(join(target, "signed.crt"), "utf8");
    },
  };

  function make(options: readonly string[], target?: string): void {
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const words = ["req", "-x509", ...curve, ...options];
    const out = execFileSync("openssl", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    if (target !== undefined) {
      writeFileSync(join(target, "signed.crt"), out + certificate);
    }
  }
}
