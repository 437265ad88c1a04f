import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { credentialsFolder, renderIngestCredential } from "../../components/server/ingestCredential";
import { MonitoringServer } from "../../components/server/monitoringServer";
import { exampleSettings } from "../support/exampleSettings";
import { type RecordedResource, recordResources } from "../support/recordResources";
import { find, localCommandType, passwordType, recordServer } from "../support/recordServer";
import { runScript } from "../support/runScript";

describe("IngestCredential", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  test("is random", () => {
    const password = find(resources, passwordType, "server-ingest-password");
    expect(password.inputs).toEqual({ length: 48, special: false });
  });

  test("is brought to the portal", () => {
    const { inputs } = find(resources, localCommandType, "server-ingest-accepted");
    expect(inputs).toEqual({
      create: "docker exec -i https-portal sh -s",
      stdin: { secret: renderIngestCredential("accept", "server-ingest-password-result") },
      logging: "none",
    });
  });
});

test("another date of rotation makes another credential", async () => {
  const resources = await recordServer({ rotated: { ingest: "2026-11-23T16:20:00Z" } });
  expect(find(resources, passwordType, "server-ingest-password").inputs).toEqual({
    length: 48,
    special: false,
    keepers: { rotated: "2026-11-23T16:20:00Z" },
  });
});

test("all others are revoked when this one is accepted and its users have it", async () => {
  class User extends pulumi.ComponentResource {
    constructor(name: string) {
      super("test:index:User", name);
      new random.RandomPassword(`${name}-setup`, { length: 1 }, { parent: this });
    }
  }
  const resources = await recordResources(() => {
    const server = new MonitoringServer("server", exampleSettings({ vps: "local" }));
    server.ingest.revokeOthers([new User("first"), new User("second")]);
  });
  const { inputs, dependsOn } = find(resources, localCommandType, "server-ingest-revocation");
  expect(inputs).toEqual({
    create: "docker exec -i https-portal sh -s",
    stdin: { secret: renderIngestCredential("revoke", "server-ingest-password-result") },
    logging: "none",
  });
  expect(dependsOn).toEqual(
    expect.arrayContaining([
      `${passwordType} first-setup`,
      `${passwordType} second-setup`,
      `${localCommandType} server-ingest-accepted`,
    ]),
  );
});

describe("the credential scripts", () => {
  const parent = mkdtempSync(join(tmpdir(), "credentials-"));
  const folder = join(parent, "ingest");
  const run = (action: "accept" | "revoke", credential: string): string => {
    const script = renderIngestCredential(action, credential).replaceAll(credentialsFolder, folder);
    const { status, stdout } = runScript(script, [], `nginx() { echo "nginx $*"; }`);
    expect(status).toBe(0);
    return stdout;
  };
  const accepted = (): string[] =>
    readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));

  afterAll(() => {
    rmSync(parent, { recursive: true });
  });

  test("accept an old and a new credential together, then the new one alone", () => {
    expect(run("accept", "old")).toBe("nginx -s reload\n");
    expect(run("accept", "older")).toBe("nginx -s reload\n");
    expect(run("accept", "new")).toBe("nginx -s reload\n");
    expect(run("accept", "new")).toBe("nginx -s reload\n");
    expect(accepted().sort()).toEqual([
      '"~^Bearer new$" 1;\n',
      '"~^Bearer old$" 1;\n',
      '"~^Bearer older$" 1;\n',
    ]);
    // What a script that was killed has left.
    writeFileSync(join(folder, "0123456789abcdef.conf.new"), "");
    expect(run("revoke", "new")).toBe("nginx -s reload\n");
    expect(accepted()).toEqual(['"~^Bearer new$" 1;\n']);
    expect(run("revoke", "new")).toBe("nginx -s reload\n");
    expect(accepted()).toEqual(['"~^Bearer new$" 1;\n']);
  });

  test("name the file by a hash, and let only root read it", () => {
    const name = createHash("sha256").update("new").digest("hex").slice(0, 16);
    expect(readdirSync(folder)).toEqual([`${name}.conf`]);
    expect(statSync(join(folder, `${name}.conf`)).mode & 0o777).toBe(0o600);
  });
});
