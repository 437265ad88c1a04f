import { addressesOf } from "../../remote/domainNames";
import type { CheckResult } from "../questionLoop";
import { settingsMistakes } from "../settingsFile";

/** Where alerts are mailed to, and through which server. */
export interface Email {
  readonly to: string;
  /** The SMTP server and its port. */
  readonly host: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** @param email `null` if no mail is wanted */
export async function checkEmail(email: Email | null): Promise<CheckResult<Email | null>> {
  const mistakes =
    email === null ? [] : settingsMistakes({ contactPoints: contactPointsOf(email, email.password) });
  const smtp = email?.host?.replace(/:\d+$/, "");
  if (mistakes.length === 0 && smtp !== undefined && (await addressesOf(smtp)).length === 0) {
    mistakes.push(`${smtp}: there is no such name in the DNS; give the SMTP server of your mail provider.`);
  }
  return mistakes.length > 0 ? { mistakes } : { value: email };
}

/** The contact point as the settings have it. The file gets its password separately, as a secret. */
export function contactPointsOf({ to, host, user }: Email, password?: string): object {
  const from = user?.includes("@") === true ? user : to;
  const login = { ...(user !== undefined && { user }), ...(password !== undefined && { password }) };
  return { email: { to: [to], from, host, ...login } };
}
