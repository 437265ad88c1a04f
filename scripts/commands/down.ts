import { runCommand } from "../cli/command";
import { stopMachines } from "../rehearsal/machines/machines";
import { isDockerUp, stopStartedDocker } from "../rehearsal/toolchain/docker";
import { withProgress } from "../cli/progress";

/** `npm run down`: removes the rehearsal's machines with everything on them, its keys and its state. */
runCommand({ maxWords: 0 }, async () => {
  if (!(await isDockerUp())) {
    console.log(
      "No Docker engine runs here, so no rehearsal does. To remove what it may have left on the disk, start the engine and run `npm run down` again.",
    );
    return 0;
  }
  await withProgress("Removing the rehearsal", async () => {
    await stopMachines();
    await stopStartedDocker();
  });
  return 0;
});
