import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificate } from "../../../support/certificate";
import type { ScriptResult } from "../../../support/runScript";
import { temporaryFolder } from "../../../support/temporaryFolder";
import { projectRoot } from "../../../support/projectRoot";

const root = temporaryFolder();
const source = join(projectRoot, "components/node/files/master/collect_authorities.sh");
const script = readFileSync(source, "utf8").replaceAll("/etc/", `${root}/`);
const [authorities, issuers, system] = [
  "pi-monitoring/server-certificate.pem",
  "pi-monitoring/server-issuers.pem",
  "ssl/certs/ca-certificates.crt",
].map((each) => join(root, each)) as [string, string, string];

let one: string;
let other: string;

function run(): ScriptResult {
  return spawnSync("sh", ["-c", script], { encoding: "utf8" });
}

beforeAll(() => {
  one = makeCertificate(join(root, "one"), "one").certificate;
  other = makeCertificate(join(root, "other"), "other").certificate;
});

beforeEach(() => {
  for (const folder of ["pi-monitoring", "ssl"]) {
    rmSync(join(root, folder), { recursive: true, force: true });
  }
  mkdirSync(join(root, "pi-monitoring"));
  mkdirSync(join(root, "ssl/certs"), { recursive: true });
  writeFileSync(issuers, one);
  writeFileSync(system, other);
});

test("joins the server's issuers and the system's authorities, and writes nothing the second time", () => {
  expect(run()).toMatchObject({
    status: 0,
    stdout: `wrote ${authorities}, with 2 certificates\n`,
    stderr: "",
  });
  expect(readFileSync(authorities, "utf8")).toBe(one + other);
  expect(statSync(authorities).mode & 0o777).toBe(0o644);
  const { ino } = statSync(authorities);
  expect(run()).toMatchObject({ status: 0, stdout: "", stderr: "" });
  expect(statSync(authorities).ino).toBe(ino);
  expect(readdirSync(join(root, "pi-monitoring")).sort()).toEqual([
    "server-certificate.pem",
    "server-issuers.pem",
  ]);
});

test("an issuer that the system knows, too, is no reason to refuse it", () => {
  writeFileSync(issuers, other);
  expect(run().status).toBe(0);
  expect(readFileSync(authorities, "utf8")).toBe(other + other);
});

test("follows the system's authorities", () => {
  run();
  writeFileSync(system, one);
  expect(run().stdout).toBe(`wrote ${authorities}, with 2 certificates\n`);
  expect(readFileSync(authorities, "utf8")).toBe(one + one);
});

test.each([
  [
    "no issuer of the server's own",
    () => {
      writeFileSync(issuers, "");
    },
    () => other,
  ],
  [
    "no authority of the system's",
    () => {
      rmSync(system);
    },
    () => one,
  ],
])("takes what there is, with %s", (_, prepare, expected) => {
  prepare();
  expect(run().status).toBe(0);
  expect(readFileSync(authorities, "utf8")).toBe(expected());
});

describe("keeps what is there", () => {
  test.each([
    [
      "a torn file of the system's",
      () => {
        writeFileSync(system, other.slice(0, -40));
      },
    ],
    [
      "a torn issuer",
      () => {
        writeFileSync(issuers, `${one.slice(0, 200)}\n`);
      },
    ],
    [
      "a certificate that is none",
      () => {
        writeFileSync(issuers, one.replace(/\n[^-]+\n/, "\nAAAA\n"));
      },
    ],
    [
      "neither of the two",
      () => {
        rmSync(issuers);
        rmSync(system);
      },
    ],
    [
      "two empty files",
      () => {
        writeFileSync(issuers, "");
        writeFileSync(system, "");
      },
    ],
  ])("with %s", (_, prepare) => {
    run();
    prepare();
    const { status, stdout, stderr } = run();
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^\S+ stays as it is: openssl reads \d of \d certificates in \S+ and \S+; /);
    expect(readFileSync(authorities, "utf8")).toBe(one + other);
    expect(existsSync(`${authorities}.new`)).toBe(false);
  });
});
