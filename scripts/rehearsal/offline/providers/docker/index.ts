import { serve } from "../serve";
import { containerResource } from "./container";
import { connectEngine } from "./engine";
import { imageResource } from "./image";
import { namedResource } from "./named";

serve("docker", (configuration) => {
  const engine = connectEngine(configuration);
  return {
    "docker:index/network:Network": namedResource(
      async (network) => (await engine.createNetwork({ ...network, CheckDuplicate: true })).id,
      (id) => engine.getNetwork(id),
    ),
    "docker:index/volume:Volume": namedResource(
      async (volume) => (await engine.createVolume(volume)).name,
      (name) => engine.getVolume(name),
    ),
    "docker:index/remoteImage:RemoteImage": imageResource(engine),
    "docker:index/container:Container": containerResource(engine),
  };
});
