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
  /** The content of the configuration file of curl, if it has one. */
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
  /** Its answers to requests that are signed in. One with a `code` is an error, such as `notFound`; all others time out. */
  readonly answers: Readonly<Record<string, string>>;
  /** The password of its user `admin`; without one it has not been set up. */
  readonly password?: string;
  /** A token that it accepts. */
  readonly token?: string;
}

/** How InfluxDB answers a search for a name that it does not have. */
export const notFound = '{\n\t"code": "not found",\n\t"message": "there is no \\"x\\""\n}';

/** Runs a script of the InfluxDB container with a `curl` that plays InfluxDB, signing in and its password included. */
export function runAgainstInflux(
  script: string,
  { answers, password, token }: InfluxState,
  verb?: "remove",
): ApiRun {
  const folder = mkdtempSync(join(tmpdir(), "influx-api-"));
  const [answered, calls, temporary] = ["answers", "calls", "temporary"].map((name) => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  }) as [string, string, string];
  if (password !== undefined) {
    writeFileSync(join(folder, "login"), `user = "admin:${password}"\n`);
  }
  if (token !== undefined) {
    writeFileSync(join(folder, "header"), `header = "Authorization: Token ${token}"\n`);
  }
  for (const [index, [request, answer]] of Object.entries(answers).entries()) {
    writeFileSync(join(answered, `${index}.request`), request);
    writeFileSync(join(answered, `${index}.body`), answer);
  }
  const stub = `influx=${quoteShell(folder)}\n${readFileSync(join(__dirname, "curlStandIn.sh"), "utf8")}`;
  try {
    const result = runScript(script, verb === undefined ? [] : [verb], stub);
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

/** InfluxDB's answer to `GET authorizations`: indented, as InfluxDB writes it, and compact. */
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
