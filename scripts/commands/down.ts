import { runCommand } from "../cli/command";
import { stopMachines } from "../rehearsal/machines/machines";
import { isDockerUp, stopStartedDocker } from "../rehearsal/toolchain/docker";
import { withProgress } from "../cli/progress";

/** `npm run down`: the rehearsal's machines with all that runs on them, its keys and its state. */
runCommand({}, async () => {
  if (!(await isDockerUp())) {
    console.log(
      "No Docker engine runs here, and so nothing of a rehearsal does. What one may have left on the disk goes with `npm run down` once the engine runs.",
    );
    return 0;
  }
  await withProgress("Removing the rehearsal", async () => {
    await stopMachines();
    await stopStartedDocker();
  });
  return 0;
});
