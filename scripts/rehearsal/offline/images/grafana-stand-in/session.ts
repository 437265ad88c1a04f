import { createHash } from "node:crypto";

const lifetimeSeconds = 30 * 86_400;

/**
 * The cookie of a session, as the header `set-cookie` takes it. The server keeps no list of sessions: they outlive a
 * restart, and end when `secret` changes.
 */
export function sessionCookie(secret: Buffer): string {
  return `${nameAndValue(secret)}; Path=/; Max-Age=${lifetimeSeconds}; HttpOnly; SameSite=Lax`;
}

/** What removes the cookie. */
export const endedSession = "grafana_session=; Path=/; Max-Age=0";

/** @param header the request's `Cookie` */
export function isSession(header: string | undefined, secret: Buffer): boolean {
  return header?.split("; ").includes(nameAndValue(secret)) ?? false;
}

function nameAndValue(secret: Buffer): string {
  return `grafana_session=${createHash("sha256").update(secret).digest("hex")}`;
}

/** A path of this server to go to after the login, or `/` where a link tries to lead elsewhere. */
export function pathAfterLogin(given: string | null): string {
  return given !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(given) ? given : "/";
}
