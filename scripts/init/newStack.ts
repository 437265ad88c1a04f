import { which } from "zx";
import { UserError } from "../../components/userError";
import { $ } from "../cli/shell";
import { rehearsalStack } from "../rehearsal/instance";
import { openStack } from "../rehearsal/openStack";
import type { Stack } from "../stack/stack";
import { refuseExistingSettings } from "./settingsFile";

/**
 * A stack without settings. All of this is checked before the first question.
 *
 * @throws UserError with what to do, if the name is invalid or taken, or Pulumi cannot keep the state
 */
export async function newStack(name: string): Promise<Stack> {
  if (!/^([\w.-]+\/){0,2}[\w.-]{1,100}$/.test(name)) {
    throw new UserError(
      `${name} cannot name a stack: a name has at most 100 letters, digits, dots, hyphens and underscores, with ORGANIZATION/ or ORGANIZATION/PROJECT/ in front if needed.`,
    );
  }
  if (name === rehearsalStack) {
    throw new UserError(
      `${name} is the stack of the rehearsal, which \`npm start\` brings up: give another name.`,
    );
  }
  await requireBackend();
  const stack = await openStack(name);
  await refuseExistingSettings(stack);
  return stack;
}

/** Checks that Pulumi is installed and knows where to keep the state. */
async function requireBackend(): Promise<void> {
  if ((await which("pulumi", { nothrow: true })) === null) {
    throw new UserError(
      "There is no Pulumi CLI on PATH: https://www.pulumi.com/docs/install/ says how to get it. (Its installer puts it into ~/.pulumi/bin.)",
    );
  }
  const whoami = await $({ nothrow: true })`pulumi whoami --json --non-interactive`;
  if (whoami.exitCode !== 0) {
    throw new UserError(
      `Pulumi does not know where to keep the state, which has every credential, encrypted. Choose one, and start again:
  pulumi login --local              in ~/.pulumi on this machine
  pulumi login s3://OUR-BUCKET      where a team shares it
  pulumi login                      in Pulumi Cloud
It says: ${whoami.stderr.trim()}`,
    );
  }
  const { url } = whoami.json<{ url: string }>();
  const { PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  // Pulumi Cloud encrypts by its own key.
  if (!url.startsWith("https://") && passphrase === undefined && file === undefined) {
    throw new UserError(
      `The credentials in the state are encrypted by a passphrase. Make one, keep a copy elsewhere, and start again:
  [ -e ~/.pulumi-passphrase ] || (umask 077; openssl rand -base64 24 > ~/.pulumi-passphrase)
  export PULUMI_CONFIG_PASSPHRASE_FILE=~/.pulumi-passphrase     # also in ~/.profile`,
    );
  }
}
