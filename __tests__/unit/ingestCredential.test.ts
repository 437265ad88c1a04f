import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentialsFolder } from "../../components/server/httpsPortal";
import { renderIngestCredential } from "../../components/server/ingestCredential";
import type { RecordedResource } from "../support/recordResources";
import { find, localCommandType, recordServer } from "../support/recordServer";
import { runScript } from "../support/runScript";

describe("IngestCredential", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  test("is random", () => {
    const password = find(resources, "random:index/randomPassword:RandomPassword", "server-ingest-password");
    expect(password.inputs).toEqual({ length: 48, special: false });
  });

  test("is brought to the portal, and taken away again", () => {
    const { inputs } = find(resources, localCommandType, "server-ingest-accepted");
    expect(inputs).toEqual({
      create: "docker exec -i https-portal sh -s -- apply",
      delete: expect.stringMatching(/^docker exec -i https-portal sh -s -- remove /) as string,
      stdin: { secret: renderIngestCredential("server-ingest-password-result") },
      logging: "none",
    });
  });
});

describe("the credential script", () => {
  const folder = mkdtempSync(join(tmpdir(), "credentials-"));
  const run = (credential: string, verb: string): string => {
    const script = renderIngestCredential(credential).replaceAll(credentialsFolder, folder);
    const { status, stdout } = runScript(script, [verb], `nginx() { echo "nginx $*"; }`);
    expect(status).toBe(0);
    return stdout;
  };
  const accepted = (): string[] =>
    readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("accepts an old and a new credential together, then the new one alone", () => {
    expect(run("old", "apply")).toBe("nginx -s reload\n");
    expect(run("new", "apply")).toBe("nginx -s reload\n");
    expect(run("new", "apply")).toBe("nginx -s reload\n");
    expect(accepted().sort()).toEqual(['"~^Bearer new$" 1;\n', '"~^Bearer old$" 1;\n']);
    expect(run("old", "remove")).toBe("nginx -s reload\n");
    expect(accepted()).toEqual(['"~^Bearer new$" 1;\n']);
  });

  test("names the file by a hash, and lets only root read it", () => {
    const name = createHash("sha256").update("new").digest("hex").slice(0, 16);
    expect(readdirSync(folder)).toEqual([`${name}.conf`]);
    expect(statSync(join(folder, `${name}.conf`)).mode & 0o777).toBe(0o600);
  });
});
