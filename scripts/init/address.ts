/** Where a machine answers SSH, as a person writes it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Whoever it is there, unless it is said. */
  readonly user?: string | undefined;
}

/** Reads `[USER@]HOST[:PORT]`. Whether it is right is for the schema to say. */
export function parseAddress(text: string): Address {
  const [, user, host = "", port = "22"] = /^(?:([^@]*)@)?(.*?)(?::([^:]*))?$/.exec(text.trim()) ?? [];
  return { user, host: host.toLowerCase(), port: Number(port) };
}
