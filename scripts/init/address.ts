/** Where a machine answers SSH, as a person writes it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/**
 * Reads `[USER@]HOST[:PORT]`. What stands there is for the schema to judge.
 *
 * @param user who it is when the text does not say
 */
export function parseAddress(text: string, user: string): Address {
  const [, named = user, host = "", port = "22"] =
    /^(?:([^@]*)@)?(.*?)(?::([^:]*))?$/.exec(text.trim()) ?? [];
  return { user: named, host: host.toLowerCase(), port: Number(port) };
}
