import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
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
  /** The content of the file that curl is told to read its options from, if it is. */
  readonly config: string | undefined;
  readonly body: string;
}

export interface ApiRun extends ScriptResult {
  readonly calls: readonly ApiCall[];
  /** The requests, without signing in and out. */
  readonly requests: readonly string[];
  /** Of those, the ones that change something. */
  readonly changes: readonly ApiCall[];
  /** The temporary files that the script has left. */
  readonly left: readonly string[];
}

export interface InfluxState {
  /** What it answers to a request of somebody who has signed in; all others are refused. */
  readonly answers: Readonly<Record<string, string>>;
  /** The password of its user `admin`; without one it has not been set up. */
  readonly password?: string;
  /** A token that lets in without signing in. */
  readonly token?: string;
}

/** Runs a script of the InfluxDB container with a `curl` that plays InfluxDB, signing in and its password included. */
export function runAgainstInflux(script: string, { answers, password, token }: InfluxState): ApiRun {
  const folder = mkdtempSync(join(tmpdir(), "influx-api-"));
  const [calls, temporary, login, header] = ["calls", "temporary", "login", "header"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  mkdirSync(calls);
  mkdirSync(temporary);
  if (password !== undefined) {
    writeFileSync(login, `user = "admin:${password}"\n`);
  }
  if (token !== undefined) {
    writeFileSync(header, `header = "Authorization: Token ${token}"\n`);
  }
  const branches = Object.entries(answers).map(
    ([request, answer]) => `${quoteShell(request)}) printf '%s' ${quoteShell(answer)} ;;`,
  );
  const stub = `
export TMPDIR=${quoteShell(temporary)}
curl() (
  call=${quoteShell(calls)}/$(ls ${quoteShell(calls)} | wc -l)
  login=${quoteShell(login)}
  mkdir "$call"
  printf '%s\\0' "$@" >"$call/commandLine"
  : >"$call/body"
  while [ $# -gt 0 ]; do
    case $1 in
      --config) cp "$2" "$call/config" ;;
      --cookie) session=$(cat "$2") ;;
      --cookie-jar) jar=$2 ;;
      --request) request=$2 ;;
      --data-binary) cat >"$call/body" ;;
      http://localhost:8086/api/v2/*) request="$request \${1#http://localhost:8086/api/v2/}" ;;
    esac
    shift
  done
  printf '%s' "$request" >"$call/request"
  if [ -e ${quoteShell(header)} ] && cmp -s "$call/config" ${quoteShell(header)}; then
    session=signed-in
  fi
  set_password() {
    printf 'user = "admin:%s"\\n' "$(sed 's/.*"password": *"\\([^"]*\\)".*/\\1/' "$call/body")" >"$login"
  }
  case $request in
    'POST signin')
      cmp -s "$call/config" "$login" || exit 22
      printf signed-in >"$jar"
      exit ;;
    'POST setup')
      [ ! -e "$login" ] || exit 22
      set_password ;;
    'GET setup') ;;
    *) [ "$session" = signed-in ] || exit 22 ;;
  esac
  case $request in
    'POST signout') exit ;;
    'PUT me/password')
      cmp -s "$call/config" "$login" || exit 22
      set_password
      exit ;;
    ${branches.join("\n    ")}
    *) exit 22 ;;
  esac
)`;
  try {
    const result = runScript(script, [], stub);
    const recorded = readdirSync(calls)
      .sort((a, b) => Number(a) - Number(b))
      .map((call) => {
        const read = (file: string): string => readFileSync(join(calls, call, file), "utf8");
        return {
          request: read("request"),
          commandLine: read("commandLine").split("\0").slice(0, -1),
          config: existsSync(join(calls, call, "config")) ? read("config") : undefined,
          body: read("body"),
        };
      });
    const requests = recorded.filter(({ request }) => !/^POST sign(in|out)$/.test(request));
    return {
      ...result,
      calls: recorded,
      requests: requests.map(({ request }) => request),
      changes: requests.filter(({ request }) => !request.startsWith("GET ")),
      left: readdirSync(temporary),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A token as InfluxDB 2.9 lists it. */
export interface ListedToken {
  readonly id: string;
  readonly description: string;
}

/** InfluxDB's answers to `GET authorizations`: as it writes them by itself, and without blanks. */
export function authorizations(tokens: readonly ListedToken[]): Readonly<Record<string, string>> {
  const answer = {
    links: { self: "/api/v2/authorizations" },
    authorizations: tokens.map(({ id, description }) => ({
      id,
      // Shown once, when it is made.
      token: "",
      status: "active",
      description,
      orgID: "00000000000000f1",
      org: "pi-monitoring",
      userID: "00000000000000f2",
      user: "admin",
      permissions: [
        { action: "read", resource: { type: "orgs" } },
        {
          action: "write",
          resource: {
            type: "buckets",
            id: "00000000000000f3",
            orgID: "00000000000000f1",
            org: "pi-monitoring",
          },
        },
      ],
      links: { self: `/api/v2/authorizations/${id}`, user: "/api/v2/users/00000000000000f2" },
      createdAt: "2026-11-23T16:20:00.123456789Z",
      updatedAt: "2026-11-23T16:20:00.123456789Z",
    })),
  };
  return { indented: JSON.stringify(answer, undefined, "\t"), compact: JSON.stringify(answer) };
}
