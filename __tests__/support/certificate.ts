import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its key, in PEM. */
export interface Certificate {
  /** Has both in the files that https-portal has for a name. */
  readonly folder: string;
  /** With that of its issuer behind it, if there is one. */
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate for a host, signed by an issuer or by itself. */
export function makeCertificate(
  folder: string,
  host: string,
  { days = 30, issuer }: { readonly days?: number; readonly issuer?: Certificate } = {},
): Certificate {
  mkdirSync(folder, { recursive: true });
  const keyFile = join(folder, "domain.key");
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName = DNS:${host}`, "-days", `${days}`];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  const signer =
    issuer === undefined
      ? []
      : ["-CA", join(issuer.folder, "signed.crt"), "-CAkey", join(issuer.folder, "domain.key")];
  const own = execFileSync("openssl", ["req", "-x509", ...subject, ...newKey, ...signer], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const certificate = own + (issuer?.certificate ?? "");
  for (const file of ["signed.crt", "chained.crt"]) {
    writeFileSync(join(folder, file), certificate);
  }
  return { folder, certificate, key: readFileSync(keyFile, "utf8") };
}
