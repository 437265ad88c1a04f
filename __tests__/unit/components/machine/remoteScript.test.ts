import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PiNode } from "../../../../components/node/piNode";
import { rootCommand, sudoersLine } from "../../../../components/machine/remoteScript";
import { exampleSettings } from "../../../support/exampleSettings";
import { recordResources } from "../../../support/recordResources";
import { projectRoot } from "../../../support/projectRoot";

test("the documented line of sudoers is the one that a node needs", () => {
  const text = readFileSync(join(projectRoot, "docs/security.md"), "utf8");
  expect(text.match(/^pi ALL.*$/gm)).toEqual([sudoersLine("pi")]);
});

test("init checks exactly the rights of the line", () => {
  const script = readFileSync(join(projectRoot, "scripts/init/machine/machineFacts.sh"), "utf8");
  expect(sudoersLine("pi")).toContain(/sudo -k -n (.*) >/.exec(script)?.[1]);
});

test("what a node is asked to run by sudo is what the line lists", async () => {
  const { nodes, exporter } = exampleSettings();
  const resources = await recordResources(() =>
    nodes.map((node) => new PiNode(node.name, { node, exporter })),
  );
  const commands = resources
    .filter(({ type }) => type === "command:remote:Command")
    .flatMap(({ inputs }) => [inputs["create"], inputs["update"], inputs["delete"]])
    .filter((command) => typeof command === "string");
  const listed = sudoersLine("pi")
    .replace(/.*NOPASSWD: /, "")
    .split(", ");
  const asked = [...commands, rootCommand({ user: "pi" }, "inspect")].map((command) =>
    command.replace("sudo -n ", "/usr/bin/"),
  );
  expect([...new Set(asked)]).toEqual(listed);
});
