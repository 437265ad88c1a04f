import { serveStandIn } from "../serveStandIn";
import { containerResource } from "./container";
import { connectEngine } from "./engine";
import { imageResource } from "./image";
import { networkResource, volumeResource } from "./named";

serveStandIn("docker", (configuration) => {
  const engine = connectEngine(configuration);
  return {
    "docker:index/network:Network": networkResource(engine),
    "docker:index/volume:Volume": volumeResource(engine),
    "docker:index/remoteImage:RemoteImage": imageResource(engine),
    "docker:index/container:Container": containerResource(engine),
  };
});
