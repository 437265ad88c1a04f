import { serve } from "../serve";
import { localCommand } from "./local";
import { remoteCommand } from "./remote";

serve("command", () => ({ "command:local:Command": localCommand, "command:remote:Command": remoteCommand }));
