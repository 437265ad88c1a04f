import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { unlessGone } from "../../../../../components/server/engine/containerScript";
import { renderIngestCredential } from "../../../../../components/server/ingress/ingestCredential";
import { credentialsFolder } from "../../../../../components/server/ingress/ingestEndpoint";
import { MonitoringServer } from "../../../../../components/server/monitoringServer";
import { exampleNode, exampleSettings } from "../../../../support/exampleSettings";
import { type RecordedResource, recordResources } from "../../../../support/recordResources";
import { find, localCommandType, passwordType, recordServer } from "../../../../support/recordServer";
import { runScript } from "../../../../support/runScript";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const masters = ["kube-0", "kube-1"];
const nodes = masters.map((name) => exampleNode(name, { master: true }));

/** The inputs of a script that forgets its master when it is removed. */
function scriptInputs(verb: "accept" | "revoke", master: string): object {
  const run = "docker exec -i https-portal sh -s";
  const credential = `server-ingest-${master}-password-result`;
  return {
    create: `${run} -- ${verb}`,
    delete: unlessGone(`${run} -- forget`),
    stdin: { secret: renderIngestCredential({ credential, master, masters }) },
    logging: "none",
  };
}

describe("of several masters, each has a credential that", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer({ nodes });
  });

  test.each(masters)("is random (%s)", (master) => {
    const password = find(resources, passwordType, `server-ingest-${master}-password`);
    expect(password.inputs).toEqual({ length: 48, special: false });
  });

  test.each(masters)("is brought to the portal, and taken from it with its master (%s)", (master) => {
    const { inputs } = find(resources, localCommandType, `server-ingest-${master}-accepted`);
    expect(inputs).toEqual(scriptInputs("accept", master));
  });
});

test("another date of rotation makes another credential for each", async () => {
  const resources = await recordServer({ nodes, rotated: { ingest: "2026-11-23T16:20:00Z" } });
  for (const master of masters) {
    expect(find(resources, passwordType, `server-ingest-${master}-password`).inputs).toEqual({
      length: 48,
      special: false,
      keepers: { rotated: "2026-11-23T16:20:00Z" },
    });
  }
});

test("a master's others are revoked when this one is accepted and it has it, whatever another one does", async () => {
  class User extends pulumi.ComponentResource {
    constructor(name: string) {
      super("test:index:User", name);
      new random.RandomPassword(`${name}-setup`, { length: 1 }, { parent: this });
    }
  }
  const resources = await recordResources(() => {
    const server = new MonitoringServer("server", exampleSettings({ vps: "local", nodes }));
    for (const [master, ingest] of server.ingest) {
      ingest.revokeOthers(new User(master));
    }
  });
  for (const [master, other] of [masters, masters.toReversed()] as [string, string][]) {
    const { inputs, dependsOn } = find(resources, localCommandType, `server-ingest-${master}-revocation`);
    expect(inputs).toEqual(scriptInputs("revoke", master));
    expect(dependsOn).toEqual(
      expect.arrayContaining([
        `${passwordType} ${master}-setup`,
        `${localCommandType} server-ingest-${master}-accepted`,
      ]),
    );
    expect(dependsOn.filter((each) => each.includes(other))).toEqual([]);
  }
});

describe("the credential script", () => {
  const folder = join(temporaryFolder(), "ingest");
  /** What it has done besides, in order. */
  const run = (verb: string, credential: string, master = "kube-0"): string[] => {
    const script = renderIngestCredential({ credential, master, masters })
      .replaceAll(credentialsFolder, folder)
      // Whatever nginx runs on this machine.
      .replace("/proc/[0-9]*/cmdline", "/dev/null");
    const stubs = `sleep() { echo "sleep $*"; }; nginx() { echo "nginx $*"; }`;
    const { status, stdout, stderr } = runScript(script, [verb], stubs);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout.trim().split("\n");
  };
  const accepted = (): string[] =>
    readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), "utf8").replace(/^"~\^Bearer (.*)\$" 1;\n$/, "$1"))
      .sort();

  test("accepts an old and a new credential together, then the new one alone", () => {
    for (const credential of ["old", "older", "new", "new"]) {
      expect(run("accept", credential)).toEqual(["nginx -s reload"]);
    }
    expect(accepted()).toEqual(["new", "old", "older"]);
    // What a script that was killed has left.
    writeFileSync(join(folder, "kube-0.0123456789abcdef.conf.new"), "");
    // As long as a request may take that has begun with an old one.
    expect(run("revoke", "new")).toEqual(["sleep 30", "nginx -s reload"]);
    expect(accepted()).toEqual(["new"]);
    expect(run("revoke", "new")).toEqual(["nginx -s reload"]);
    expect(accepted()).toEqual(["new"]);
  });

  test("keeps the credentials of other masters, however old, and no others", () => {
    run("accept", "other old", "kube-1");
    run("accept", "other new", "kube-1");
    run("accept", "of one who was a master", "kube-9");
    // As they were named when all masters had the same.
    writeFileSync(join(folder, "0123456789abcdef.conf"), '"~^Bearer everybody$" 1;\n');
    run("revoke", "new");
    expect(accepted()).toEqual(["new", "other new", "other old"]);
    run("revoke", "other new", "kube-1");
    expect(accepted()).toEqual(["new", "other new"]);
  });

  test("forgets a master with all it has, and no other", () => {
    run("accept", "another", "kube-1");
    // At once: the node may be stolen.
    expect(run("forget", "other new", "kube-1")).toEqual(["nginx -s reload"]);
    expect(accepted()).toEqual(["new"]);
    run("forget", "other new", "kube-1");
    expect(accepted()).toEqual(["new"]);
  });

  test("waits until nginx takes the certificates again, which the portal is replacing, and names what is wrong at last", () => {
    const script = renderIngestCredential({ credential: "new", master: "kube-0", masters }).replaceAll(
      credentialsFolder,
      folder,
    );
    const count = join(folder, "..", "count");
    const refusing = (times: number): string =>
      `sleep() { :; }; nginx() { echo >>${count}; [ "$(wc -l <${count})" -gt ${times} ] || { echo "key values mismatch" >&2; return 1; }; }`;
    writeFileSync(count, "");
    expect(runScript(script, ["forget"], refusing(2)).status).toBe(0);
    writeFileSync(count, "");
    const { status, stderr } = runScript(script, ["forget"], refusing(1000));
    expect(status).toBe(1);
    expect(stderr).toContain("key values mismatch");
    expect(readFileSync(count, "utf8")).toHaveLength(10);
    run("accept", "new");
  });

  test("names the file by its master and a hash, and lets only root read it", () => {
    const hash = createHash("sha256").update("new").digest("hex").slice(0, 16);
    expect(readdirSync(folder)).toEqual([`kube-0.${hash}.conf`]);
    expect(statSync(join(folder, `kube-0.${hash}.conf`)).mode & 0o777).toBe(0o600);
  });
});
