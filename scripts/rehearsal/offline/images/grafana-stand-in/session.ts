import { createHmac, timingSafeEqual } from "node:crypto";

const cookieName = "grafana_session";
const lifetimeSeconds = 30 * 86_400;

/**
 * The cookie of a session, as the header `set-cookie` takes it.
 *
 * A session is its end and a signature, so that the server keeps no list. It outlives a restart, and ends when `secret` changes.
 *
 * @param secret what signs it
 * @param now in milliseconds
 */
export function sessionCookie(secret: Buffer, now: number): string {
  const end = String(Math.floor(now / 1000) + lifetimeSeconds);
  return `${cookieName}=${end}.${signature(secret, end)}; Path=/; Max-Age=${lifetimeSeconds}; HttpOnly; SameSite=Lax`;
}

/** What removes the cookie. */
export const endedSession = `${cookieName}=; Path=/; Max-Age=0`;

/** @param header the request's `Cookie` */
export function isSession(header: string | undefined, secret: Buffer, now: number): boolean {
  const value = (header ?? "")
    .split(";")
    .map((each) => each.trim())
    .find((each) => each.startsWith(`${cookieName}=`));
  const [end = "", given = ""] = (value ?? "").slice(cookieName.length + 1).split(".");
  const expected = Buffer.from(signature(secret, end));
  const isSigned = given.length === expected.length && timingSafeEqual(Buffer.from(given), expected);
  return isSigned && Number(end) * 1000 > now;
}

function signature(secret: Buffer, end: string): string {
  return createHmac("sha256", secret).update(end).digest("hex");
}

/** A path of this server to go to after the login, or `/` where a link tries to lead elsewhere. */
export function pathAfterLogin(given: string | null): string {
  return given !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(given) ? given : "/";
}
