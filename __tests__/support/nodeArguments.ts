import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectRoot } from "./projectRoot";

interface Project {
  readonly runtime: { readonly options: { readonly nodeargs: string } };
}

const project = parse(readFileSync(join(projectRoot, "Pulumi.yaml"), "utf8")) as Project;

/** The arguments with which Pulumi starts Node for the program. */
export const nodeArguments: readonly string[] = project.runtime.options.nodeargs.split(" ");
