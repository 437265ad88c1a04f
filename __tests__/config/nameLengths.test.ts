import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../components/userError";
import { nameOfService, services } from "../../components/settings/serviceNames";
import { exampleSettings } from "../support/exampleSettings";
import { containerType, find, recordServer } from "../support/recordServer";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

/** A domain of so many characters. */
function domainOf(length: number): string {
  const labels = "d".repeat(length - ".example".length);
  return `${labels.replace(/d{40}(?=d{2})/g, (label) => `${label.slice(1)}.`)}.example`;
}

/** What nginx says of the names as the portal's own template has them. */
function nginx(names: readonly string[], bucketSize: string | undefined): string {
  const file = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((each) => `${each}_temp_path ${folder}/${each};`)
    .join(" ");
  const servers = names.flatMap((name) =>
    [80, 443].map((port) => `server { listen 127.0.0.1:${port}0; server_name ${name}; }`),
  );
  const size = bucketSize === undefined ? "" : `server_names_hash_bucket_size ${bucketSize};`;
  writeFileSync(
    file,
    `pid ${folder}/nginx.pid; events {} http { access_log off; ${temporary} ${size} ${servers.join("\n")} }`,
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

function mistakes(settings: object): readonly string[] {
  try {
    exampleSettings(settings);
    return [];
  } catch (error) {
    if (error instanceof UserError) {
      return error.mistakes;
    }
    throw error;
  }
}

async function bucketSize(settings: object): Promise<string | undefined> {
  const portal = find(await recordServer(settings), containerType, "server-https-portal");
  return (portal.inputs as { envs: string[] }).envs
    .find((env) => env.startsWith("SERVER_NAMES_HASH_BUCKET_SIZE="))
    ?.split("=")[1];
}

test.each([11, 37, 38, 55])(
  "nginx and OpenSSL take every name below a domain of %i characters",
  async (length) => {
    const domain = domainOf(length);
    expect(domain).toHaveLength(length);
    const settings = exampleSettings({ domain });
    const names = services.map((service) => nameOfService(service, settings));
    expect(nginx(names, await bucketSize({ domain }))).toBe("");
    for (const name of names) {
      expect(openssl(name)).toMatchObject({ status: 0 });
    }
  },
);

test("nginx's default bucket is too small for a domain of 38 characters, and a certificate for a name of 65", () => {
  expect(
    nginx(
      services.map((service) => `${service}.${domainOf(38)}`),
      undefined,
    ),
  ).toContain("could not build server_names_hash");
  const { status, stderr } = openssl(`telegraf.${domainOf(56)}`);
  expect(status).not.toBe(0);
  expect(stderr).toContain("string too long");
});

const longest = "as a certificate holds a name of 64; or give shorter ones as";

test.each(["production", "staging", "local"])(
  "the settings refuse a domain of 56 characters with certificates: %s",
  (certificates) => {
    expect(mistakes({ certificates, domain: domainOf(55) })).toEqual([]);
    expect(mistakes({ certificates, domain: domainOf(56) })).toEqual([
      `pi-monitoring:domain = "${domainOf(56)}": must have at most 55 characters, ${longest} names.influxdb, names.telegraf`,
    ]);
    expect(mistakes({ certificates, domain: domainOf(57) })).toEqual([
      expect.stringContaining(`${longest} names.influxdb, names.grafana, names.telegraf`),
    ]);
  },
);

test("a long domain can have short names, and names that are not exposed", () => {
  const names = { influxdb: "i.example", telegraf: "t.example" };
  expect(mistakes({ domain: domainOf(56), names })).toEqual([]);
  expect(mistakes({ domain: domainOf(57), names })).toEqual([
    expect.stringContaining(`must have at most 56 characters, ${longest} names.grafana`),
  ]);
  expect(mistakes({ domain: domainOf(57), names, expose: { grafana: false } })).toEqual([]);
});

test("an existing portal has the same limit, and an external InfluxDB has no name", () => {
  const existing = { httpsPortal: "portal" };
  expect(mistakes({ domain: domainOf(56), existing })).toHaveLength(1);
  const influxdb = { url: "https://influx.example.com", adminToken: "t" };
  expect(mistakes({ domain: domainOf(56), influxdb })).toEqual([
    expect.stringContaining(`${longest} names.telegraf`),
  ]);
});

test("a name that the settings give to a service has at most 64 characters", async () => {
  const names = { grafana: domainOf(64) };
  expect(mistakes({ names })).toEqual([]);
  expect(nginx([names.grafana], await bucketSize({ names }))).toBe("");
  expect(mistakes({ names: { grafana: domainOf(65) } })).toEqual([
    `pi-monitoring:names.grafana = "${domainOf(65)}": must have at most 64 characters, as a certificate has`,
  ]);
});
