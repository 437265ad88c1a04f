import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  certificateFolder,
  renderPortalCertificate,
} from "../../../../../components/server/ingress/portalCertificate";
import { makeCertificate } from "../../../../support/certificate";
import { runScript, type ScriptResult } from "../../../../support/runScript";
import { temporaryFolder } from "../../../../support/temporaryFolder";
import { projectRoot } from "../../../../support/projectRoot";

const host = "telegraf.example.com";
const root = temporaryFolder();

/**
 * Runs the script where the portal's files are below the folder of the test, and time does not pass.
 *
 * @param ours whether the program runs the portal
 * @param stubs shell functions in place of programs
 */
function run(certificates: "local" | "staging", ours: boolean, stubs = ""): ScriptResult {
  const script = renderPortalCertificate({ host, certificates, ours }).replaceAll(
    "/var/lib/https-portal",
    root,
  );
  return runScript(
    script,
    [],
    `sleep() { :; }\nseq() { echo 1 2; }\nnginx() { echo "nginx $*" >>${root}/nginx.log; }\n${stubs}`,
  );
}

function folder(certificates: "local" | "staging"): string {
  return certificateFolder(host, certificates).replace("/var/lib/https-portal", root);
}

function certificatesIn(text: string): X509Certificate[] {
  const all = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return all.map((each) => new X509Certificate(each));
}

const names = (text: string): (string | undefined)[] =>
  certificatesIn(text).map(({ subject }) => /^CN=(.*)$/m.exec(subject)?.[1]);
const stagingRoots = [
  "(STAGING) Pretend Pear X1",
  "(STAGING) Bogus Broccoli X2",
  "(STAGING) Yonder Yam Root YR",
  "(STAGING) Yearning Yucca Root YE",
];

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
});

test("the roots of Let's Encrypt's staging server are the ones that it names, and have signed themselves", () => {
  const file = join(projectRoot, "components/server/ingress/letsEncryptStagingRoots.pem");
  const roots = readFileSync(file, "utf8");
  expect(names(roots)).toEqual(stagingRoots);
  for (const each of certificatesIn(roots)) {
    expect(each.verify(each.publicKey)).toBe(true);
    expect(Date.parse(each.validTo)).toBeGreaterThan(Date.parse("2035-01-01"));
  }
});

test("for staging, a master trusts the known roots, and an intermediate only if they do not verify it", () => {
  const issuer = makeCertificate(join(root, "other"), "Another generation");
  makeCertificate(folder("staging"), host, { issuer });
  const { status, stdout } = run("staging", true);
  expect([status, names(stdout)]).toEqual([0, [...stagingRoots, "Another generation"]]);
  const verifying = `openssl() { if [ "$1" = verify ]; then return 0; fi; command openssl "$@"; }`;
  expect(names(run("staging", true, verifying).stdout)).toEqual(stagingRoots);
});

test.each([
  ["nothing", () => undefined],
  [
    "the certificate that the portal shows before it has signed",
    () => {
      const issuer = makeCertificate(join(root, "dummy"), "default-server.example.com");
      makeCertificate(folder("staging"), host, { issuer });
    },
  ],
])("a name that could not be signed yet, with %s, has the roots", (_, prepare) => {
  prepare();
  const { status, stdout } = run("staging", true);
  expect([status, names(stdout)]).toEqual([0, stagingRoots]);
});

test("a self-signed certificate of the portal is replaced by one for ten years, once", () => {
  const issuer = makeCertificate(join(root, "old"), "old");
  makeCertificate(folder("local"), host, { issuer, days: 90 });
  const first = run("local", true);
  const [certificate, ...others] = certificatesIn(first.stdout);
  expect([first.status, others, certificate?.checkHost(host)]).toEqual([0, [], host]);
  expect(Date.parse(certificate?.validTo ?? "") - Date.now()).toBeGreaterThan(3640 * 86_400_000);
  const key = readFileSync(join(folder("local"), "domain.key"), "utf8");
  expect(key).toContain("PRIVATE KEY");
  expect(statSync(join(folder("local"), "signed.crt")).size).toBe(first.stdout.length);
  expect(readFileSync(join(root, "nginx.log"), "utf8")).toBe("nginx -s reload\n");
  expect(run("local", true)).toMatchObject({ status: 0, stdout: first.stdout });
  expect(readFileSync(join(root, "nginx.log"), "utf8")).toBe("nginx -s reload\n");
});

test("the self-signed certificate of an existing portal is not replaced", () => {
  const { certificate } = makeCertificate(folder("local"), host);
  expect(run("local", false)).toMatchObject({ status: 0, stdout: certificate });
});

test("a portal that signs nothing is reported", () => {
  const { status, stderr } = run("local", true);
  expect(status).toBe(1);
  expect(stderr).toBe(
    `the portal has not signed a certificate for ${host} in 60 seconds: \`docker logs\` of its container shows why\n`,
  );
});
