import type { ParsedSettings } from "./schema";

type Parsed = ParsedSettings["influxdb"];
type Common = Omit<Parsed, "url" | "adminToken" | "writeToken" | "readToken">;

/** InfluxDB, by who runs it and who has set it up. */
export type InfluxDbSettings =
  /** Run and set up by the program. */
  | (Common & { readonly kind: "own" })
  /** Run by the program, on a volume where a user has set it up. */
  | (Common & { readonly kind: "adopted"; readonly adminToken: string })
  /** Run by the user, or in a cloud. With an admin token the program makes its own two tokens. */
  | (Common & {
      readonly kind: "external";
      readonly url: string;
      readonly access: { readonly adminToken: string } | GivenTokens;
    });
export type ExternalInfluxDbSettings = Extract<InfluxDbSettings, { kind: "external" }>;

export interface GivenTokens {
  readonly writeToken: string;
  readonly readToken: string;
}

/** InfluxDB as the settings describe it, which the cross-checks have accepted. */
export function influxDbOf(parsed: Parsed): InfluxDbSettings {
  const { url, adminToken, writeToken = "", readToken = "", ...common } = parsed;
  if (url !== undefined) {
    const access = adminToken === undefined ? { writeToken, readToken } : { adminToken };
    return { ...common, kind: "external", url, access };
  }
  return adminToken === undefined ? { ...common, kind: "own" } : { ...common, kind: "adopted", adminToken };
}

/** The two tokens of the settings; undefined where the program makes them. */
export function givenTokens(influxdb: InfluxDbSettings): GivenTokens | undefined {
  return influxdb.kind === "external" && "writeToken" in influxdb.access ? influxdb.access : undefined;
}
