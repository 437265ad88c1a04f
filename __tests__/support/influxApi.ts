import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quoteShell } from "../../components/template";
import { runScript, type ScriptResult } from "./runScript";

/** One call of curl. */
export interface ApiCall {
  /** Such as `POST buckets`. */
  readonly request: string;
  /** What a process list would show. */
  readonly commandLine: readonly string[];
  /** The content of the file that curl is told to read its options from. */
  readonly config: string;
  readonly body: string;
}

export interface ApiRun extends ScriptResult {
  readonly calls: readonly ApiCall[];
}

/** Runs a script of the InfluxDB container with a `curl` that answers requests from a table and refuses others. */
export function runAgainstInflux(
  script: string,
  words: readonly string[],
  answers: Readonly<Record<string, string>>,
): ApiRun {
  const folder = mkdtempSync(join(tmpdir(), "influx-api-"));
  const branches = Object.entries(answers).map(
    ([request, answer]) => `${quoteShell(request)}) printf '%s' ${quoteShell(answer)} ;;`,
  );
  const curl = `
curl() (
  call=${quoteShell(folder)}/$(ls ${quoteShell(folder)} | wc -l)
  mkdir "$call"
  printf '%s\\0' "$@" >"$call/commandLine"
  : >"$call/body"
  while [ $# -gt 0 ]; do
    case $1 in
      --config) cp "$2" "$call/config" ;;
      --request) request=$2 ;;
      --data-binary) cat >"$call/body" ;;
      http://localhost:8086/api/v2/*) request="$request \${1#http://localhost:8086/api/v2/}" ;;
    esac
    shift
  done
  printf '%s' "$request" >"$call/request"
  case $request in
    ${branches.join("\n    ")}
    *) exit 22 ;;
  esac
)`;
  try {
    const result = runScript(script, words, curl);
    const calls = readdirSync(folder)
      .sort((a, b) => Number(a) - Number(b))
      .map((call) => {
        const read = (file: string): string => readFileSync(join(folder, call, file), "utf8");
        return {
          request: read("request"),
          commandLine: read("commandLine").split("\0").slice(0, -1),
          config: read("config"),
          body: read("body"),
        };
      });
    return { ...result, calls };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
