import { hostOf } from "../../../components/settings/address";
import { addressesOf, unansweredLookup } from "../../remote/domainNames";
import { type Checked, refuse } from "../checkResult";
import { settingsMistakes } from "../settingsFile";

/** Where alerts are mailed to, and through which server. */
export interface Email {
  readonly to: string;
  /** The SMTP server and its port. */
  readonly host: string | undefined;
  readonly user?: string;
  readonly password?: string;
}

/** @param email `null` if no mail is wanted */
export async function checkEmail(email: Email | null): Promise<Checked<Email | null>> {
  if (email === null) {
    return { value: email };
  }
  refuse(settingsMistakes({ contactPoints: contactPointsOf(email, email.password) }));
  const server = hostOf(new URL(`smtp://${email.host ?? ""}`));
  const addresses = await addressesOf(server);
  if (addresses?.length === 0) {
    refuse([`${server}: there is no such name in the DNS; give the SMTP server of your mail provider.`]);
  }
  return { value: email, notes: addresses === undefined ? [unansweredLookup(server)] : [] };
}

/** The contact point as the settings have it. The file gets its password separately, as a secret. */
export function contactPointsOf({ to, host, user }: Email, password?: string): object {
  const from = user?.includes("@") === true ? user : to;
  return { email: { to: [to], from, host, user, password } };
}
