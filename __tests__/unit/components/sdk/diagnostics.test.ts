import { spawnSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { skipSdkDiagnostics } from "../../../../components/sdk/diagnostics";
import { nodeArguments } from "../../../support/nodeArguments";
import { projectRoot } from "../../../support/projectRoot";
import { recordResources } from "../../../support/recordResources";

const before = [
  { object: Error, properties: { ...Object.getOwnPropertyDescriptors(Error) } },
  { object: pulumi.log, properties: { ...Object.getOwnPropertyDescriptors(pulumi.log) } },
];

afterEach(() => {
  before.forEach(({ object, properties }) => Object.defineProperties(object, properties));
});

/**
 * Registers a resource.
 *
 * @returns how many stacks of the SDK's promises are written for it, and how often the SDK says how far it is
 */
async function diagnostics(prepare: () => void): Promise<{ stacks: number; messages: number }> {
  let stacks = 0;
  const say = jest.fn(() => Promise.resolve());
  Error.prepareStackTrace = (error, frames) => {
    stacks += frames.some((frame) => frame.getFileName()?.endsWith("runtime/debuggable.js")) ? 1 : 0;
    return `${error}`;
  };
  Object.assign(pulumi.log, { debug: say });
  prepare();
  await recordResources(() => new pulumi.ComponentResource("test:index:Component", "component"));
  return { stacks, messages: say.mock.calls.length };
}

test("the SDK says how far it is, and notes where its promises are from", async () => {
  const { stacks, messages } = await diagnostics(() => undefined);
  expect(stacks).toBeGreaterThan(0);
  expect(messages).toBeGreaterThan(0);
});

test("nothing of that remains", async () => {
  expect(await diagnostics(skipSdkDiagnostics)).toEqual({ stacks: 0, messages: 0 });
});

test("the program's errors keep their stacks", () => {
  Error.prepareStackTrace = (error) => `the stack of ${error.message}`;
  skipSdkDiagnostics();
  expect(new Error("a mistake").stack).toBe("the stack of a mistake");
});

test("the stacks stay left out when Pulumi's command installs source maps", () => {
  const program = `
    require("source-map-support/register");
    const debuggablePromise = () => new Error("a promise");
    console.log(JSON.stringify([debuggablePromise().stack, new Error("a mistake").stack]));
  `;
  const { stdout } = spawnSync(process.execPath, [...nodeArguments, "--eval", program], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  expect(JSON.parse(stdout)).toEqual(["", expect.stringContaining("a mistake")]);
});
