/** The lines that scripts print, in their order. The state of a stack keeps them, so that their order never changes. */
const scriptOutputs = {
  influxdbSetup: ["organizationId", "bucketId", "setUpAt", "adminPassword"],
  influxdbConnection: ["organizationId", "bucketId", "setUpAt"],
  influxdbCheck: ["setUpAt"],
  tokenAuthorization: ["tokenId", "token"],
} as const;

type ScriptName = keyof typeof scriptOutputs;
export type OutputName<Script extends ScriptName> = (typeof scriptOutputs)[Script][number];

/** A value that a script has printed; empty if it has not. */
export function readScriptOutput<Script extends ScriptName>(
  script: Script,
  name: OutputName<Script>,
  stdout: string | undefined,
): string {
  return stdout?.split("\n")[lineOf(script, name)] ?? "";
}

/** An `update` that sets variables of a script to values that it printed last. */
export function withLastOutputs<Script extends ScriptName>(
  script: Script,
  variables: Readonly<Record<string, OutputName<Script>>>,
): (run: string) => string {
  const assignments = Object.entries(variables).map(
    ([variable, name]) => `${lineOf(script, name) + 1}s/.*/${variable}='&'/p`,
  );
  return (run) =>
    `{ printf '%s\\n' "$PULUMI_COMMAND_STDOUT" | sed -n "${assignments.join("; ")}"; cat; } | ${run}`;
}

function lineOf<Script extends ScriptName>(script: Script, name: OutputName<Script>): number {
  const names: readonly string[] = scriptOutputs[script];
  return names.indexOf(name);
}
