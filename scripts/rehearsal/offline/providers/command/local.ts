import { spawn } from "node:child_process";
import { once } from "node:events";
import { commandInputs, commandResource } from "./command";

export const localCommand = commandResource(commandInputs, (command, environment) => {
  const shell = spawn("/bin/sh", ["-c", command], { env: { ...process.env, ...environment } });
  const { stdin, stdout, stderr } = shell;
  const failure = once(shell, "close").then(([code, signal]: (string | number | null)[]) =>
    code === 0 ? undefined : code === null ? `signal: ${signal ?? ""}` : `exit status ${code ?? ""}`,
  );
  return { stdin, stdout, stderr, failure };
});
