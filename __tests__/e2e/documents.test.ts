import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "../../scripts/cli/shell";
import { preparePulumi } from "../../scripts/rehearsal/toolchain/pulumi";
import { machineKeys } from "../../scripts/rehearsal/machines/keys";
import { ports } from "../../scripts/rehearsal/instance";
import { Stack } from "../../scripts/stack/stack";
import { makeCertificate } from "../support/certificate";
import { run, runOrFail } from "../support/commands";
import { configuration, smallest } from "../support/exampleSettings";
import { temporaryFolder } from "../support/temporaryFolder";

const docs = join(__dirname, "../../docs");
/** A line of a block, or inline code with a setting, which may name the stack of the examples. */
const settingCommand = /^ *pulumi config set .*$|(?<=`)pulumi config set [^`]*pi-monitoring:[^`]*(?=`)/gm;
const commands = readdirSync(docs)
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => [...readFileSync(join(docs, name), "utf8").matchAll(settingCommand)])
  .map(([command]) => command.trim().replace(/ +#.*/, "").replace(" --stack home", ""));
const folder = temporaryFolder();

test("there are settings in the documents", () => {
  expect(commands.length).toBeGreaterThan(10);
  // These two are inline.
  expect(commands).toContain("pulumi config set --path --secret pi-monitoring:influxdb.adminToken");
  expect(commands).toContain("pulumi config set --secret --path pi-monitoring:contactPoints.email.password");
  // This one is indented.
  expect(commands).toContain(
    "pulumi config set --secret --path 'pi-monitoring:scrape[0].authorization.credentials'",
  );
});

// An external InfluxDB takes an admin token, or two other tokens; a job a password, or a token.
test.each([
  { stackName: "admin", skipped: /writeToken|readToken|basic_auth/ },
  { stackName: "tokens", skipped: /adminToken|authorization/ },
])(
  "the stack $stackName accepts every `pulumi config set` of the documents but for $skipped",
  async ({ stackName, skipped }) => {
    // The commands change a settings file and call no provider, so that stand-ins of these suffice.
    const { environment } = await preparePulumi(() => undefined, stackName);
    const stack = new Stack(stackName, {
      environment: {
        ...environment,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: stackName,
      },
      options: ["--cwd", folder],
    });
    await writeFile(join(folder, "Pulumi.yaml"), "name: pi-monitoring\nruntime: nodejs\n");
    await stack.select();
    for (const [key, value] of Object.entries(configuration(smallest))) {
      await stack.pulumi("config", "set", key, value);
    }
    await stack.pulumi(
      "config",
      "set",
      "--path",
      "pi-monitoring:influxdb.url",
      "https://influxdb.example.com",
    );
    // The documents set the password of the first job.
    await stack.pulumi("config", "set", "--path", "pi-monitoring:scrape[0].job_name", "nas");
    const { certificate } = makeCertificate(folder, "mail.example.com");
    await writeFile(join(folder, "mail-server.pem"), certificate);
    const call = { cwd: folder, env: { ...process.env, ...stack.call.environment }, input: "a-secret" };
    for (const command of commands.filter((each) => !skipped.test(each))) {
      await $(call)`sh -c ${command.replace("set", `set --stack ${stackName}`)}`;
    }
    const { contactPoints, rotated } = await stack.settings();
    expect(contactPoints).toMatchObject({ email: { to: ["me@example.com"], password: "a-secret" } });
    expect(rotated.telegraf).toBe("2026-11-23T00:00:00Z");
  },
);

test("`npm run trust` shows the key of a machine, as the settings take it", async () => {
  const { hosts } = await machineKeys(["kube-0"]);
  const { stdout } = await runOrFail("trust", [`127.0.0.1:${ports.piSsh[0]}`]);
  expect(stdout).toContain(`hostKey: ${hosts["kube-0"]?.public ?? "?"}`);
});

test("a second `npm run e2e` on a rehearsal is refused", async () => {
  const { exitCode, stderr } = await run("e2e", ["documents"]);
  expect({ exitCode, stderr: stderr.trim() }).toEqual({
    exitCode: 1,
    stderr: `Another \`npm run e2e\` uses this rehearsal (port ${ports.e2e} is taken): wait for it, or use a rehearsal of its own with PI_MONITORING_REHEARSAL=1 to 9.`,
  });
});
