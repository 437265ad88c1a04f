import { runCommand } from "./command";
import { stopLab } from "./lab/lab";
import { stopStartedDocker } from "./prepare/docker";
import { withProgress } from "./progress";

/** `npm run down`: the rehearsal's machines with all that runs on them, its keys and its state. */
runCommand({}, async () => {
  await withProgress("Removing the rehearsal", async () => {
    await stopLab();
    await stopStartedDocker();
  });
  return 0;
});
