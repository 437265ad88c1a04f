import { UserError } from "../../components/userError";
import { requireArgument, runCommand } from "../cli/command";
import { openStack } from "../rehearsal/openStack";
import { Server } from "../remote/server";
import { takeBackup } from "../backup/takeBackup";

/**
 * `npm run backup -- STACK [--folder DIR] [--keep N]`: copies the data of the server and the state of the stack to a dated
 * folder in `backups/STACK`, where the 7 newest stay.
 */
runCommand(
  { maxWords: 1, options: { folder: { type: "string" }, keep: { type: "string", default: "7" } } },
  async ({ values: { folder, keep }, positionals: [name] }) => {
    requireArgument(name, "Which stack? `npm run backup -- STACK`");
    if (!/^[1-9][0-9]{0,3}$/.test(keep)) {
      throw new UserError(`--keep ${keep}: must be a whole number from 1 to 9999`);
    }
    const stack = await openStack(name);
    const settings = await stack.settings();
    const server = new Server(settings.vps);
    console.log(await takeBackup({ stack, settings, server }, { folder, keep: Number(keep) }));
    return 0;
  },
);
