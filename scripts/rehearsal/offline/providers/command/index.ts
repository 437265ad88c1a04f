import { serveStandIn } from "../serveStandIn";
import { localCommand } from "./local";
import { remoteCommand } from "./remote";

serveStandIn("command", () => ({
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
}));
