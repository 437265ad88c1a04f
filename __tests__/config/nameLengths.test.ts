import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nameOfService, services } from "../../components/settings/serviceNames";
import { exampleMistakes as mistakes, exampleSettings } from "../support/exampleSettings";
import { nginxFolders } from "../support/nginxFolders";
import { containerType, find, recordServer } from "../support/recordServer";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

/** A domain of so many characters, at most 71: DNS allows 63 in front of a dot. */
function domainOf(length: number): string {
  return `${"d".repeat(length - ".example".length)}.example`;
}

/** What nginx says of the names as the portal's own template has them. */
function nginx(names: readonly string[], bytes: string | undefined): string {
  const file = join(folder, "nginx.conf");
  // Ports that need no root.
  const servers = names.flatMap((name) =>
    [1080, 1443].map((port) => `server { listen 127.0.0.1:${port}; server_name ${name}; }`),
  );
  const size = bytes === undefined ? "" : `server_names_hash_bucket_size ${bytes};`;
  writeFileSync(
    file,
    `pid ${folder}/nginx.pid; events {} http { access_log off; ${nginxFolders(folder)} ${size} ${servers.join("\n")} }`,
  );
  return spawnSync("nginx", ["-t", "-q", "-e", "stderr", "-c", file], { encoding: "utf8" }).stderr;
}

/** What OpenSSL says of a name, asked as the portal asks. Source: `create_csr` of https-portal 1.25.5. */
function openssl(name: string): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(
    "openssl",
    [
      "req",
      "-new",
      "-sha256",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-keyout",
      join(folder, "key"),
      "-subj",
      `/CN=${name}`,
    ],
    { encoding: "utf8" },
  );
  return { status, stderr };
}

let bucketSize: string | undefined;

beforeAll(async () => {
  const portal = find(await recordServer(), containerType, "server-https-portal");
  bucketSize = (portal.inputs as { envs: string[] }).envs
    .find((env) => env.startsWith("SERVER_NAMES_HASH_BUCKET_SIZE="))
    ?.split("=")[1];
});

// That of example.com; those with a longest name of 46 characters, which nginx's own bucket of 64 bytes just holds, and of
// 47; the longest.
test.each([11, 37, 38, 55])("nginx and OpenSSL take every name below a domain of %i characters", (length) => {
  const domain = domainOf(length);
  expect(domain).toHaveLength(length);
  const settings = exampleSettings({ domain });
  const names = services.map((service) => nameOfService(service, settings));
  expect(nginx(names, bucketSize)).toBe("");
  for (const name of names) {
    expect(openssl(name)).toMatchObject({ status: 0 });
  }
});

test("nginx's own bucket is too small for a domain of 38 characters", () => {
  expect(
    nginx(
      services.map((service) => `${service}.${domainOf(38)}`),
      undefined,
    ),
  ).toContain("could not build server_names_hash");
});

test("OpenSSL refuses a name of 65 characters", () => {
  const { status, stderr } = openssl(`telegraf.${domainOf(56)}`);
  expect(status).not.toBe(0);
  expect(stderr).toContain("string too long");
});

const reason = "as a certificate holds a name of 64; or give shorter ones as";

test.each(["production", "staging", "local"])(
  "the settings refuse a domain of 56 characters with certificates: %s",
  (certificates) => {
    expect(mistakes({ certificates, domain: domainOf(55) })).toEqual([]);
    expect(mistakes({ certificates, domain: domainOf(56) })).toEqual([
      `pi-monitoring:domain = "${domainOf(56)}": must have at most 55 characters, ${reason} names.influxdb, names.telegraf`,
    ]);
    expect(mistakes({ certificates, domain: domainOf(57) })).toEqual([
      expect.stringContaining(`${reason} names.influxdb, names.grafana, names.telegraf`),
    ]);
  },
);

test("a long domain can have short names, and names that are not exposed", () => {
  const names = { influxdb: "i.example", telegraf: "t.example" };
  expect(mistakes({ domain: domainOf(56), names })).toEqual([]);
  expect(mistakes({ domain: domainOf(57), names })).toEqual([
    expect.stringContaining(`must have at most 56 characters, ${reason} names.grafana`),
  ]);
  expect(mistakes({ domain: domainOf(57), names, expose: { grafana: false } })).toEqual([]);
});

test("an existing portal has the same limit, and an external InfluxDB has no name", () => {
  const existing = { httpsPortal: "portal" };
  expect(mistakes({ domain: domainOf(56), existing })).toHaveLength(1);
  const influxdb = { url: "https://influx.example.com", adminToken: "t" };
  expect(mistakes({ domain: domainOf(56), influxdb })).toEqual([
    expect.stringContaining(`${reason} names.telegraf`),
  ]);
});

test("a name that the settings give to a service has at most 64 characters", () => {
  const names = { grafana: domainOf(64) };
  expect(mistakes({ names })).toEqual([]);
  expect(nginx([names.grafana], bucketSize)).toBe("");
  expect(mistakes({ names: { grafana: domainOf(65) } })).toEqual([
    `pi-monitoring:names.grafana = "${domainOf(65)}": must have at most 64 characters, as a certificate has`,
  ]);
});
