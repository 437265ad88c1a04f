import { runCommand } from "./terminal/command";
import { stopLab } from "./lab/lab";
import { isDockerUp, stopStartedDocker } from "./prepare/docker";
import { withProgress } from "./terminal/progress";

/** `npm run down`: the rehearsal's machines with all that runs on them, its keys and its state. */
runCommand({}, async () => {
  if (!(await isDockerUp())) {
    console.log(
      "No Docker engine runs here, and so nothing of a rehearsal does. What one may have left on the disk goes with `npm run down` once the engine runs.",
    );
    return 0;
  }
  await withProgress("Removing the rehearsal", async () => {
    await stopLab();
    await stopStartedDocker();
  });
  return 0;
});
