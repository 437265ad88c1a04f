import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Named, type Placement, stackLabel } from "./serverContainer";

export interface ServerVolumeArgs {
  readonly placement: Placement;
  readonly name: string;
  /** The name of an existing volume, which is used instead; the program neither makes nor removes it. */
  readonly existing?: string | undefined;
}

/** A volume of the server: an existing one, or one with the label of the stack. */
export function serverVolume(
  name: string,
  { placement, name: volumeName, existing }: ServerVolumeArgs,
  opts: pulumi.CustomResourceOptions,
): Named {
  const { engine, stack, keepVolumes } = placement;
  return existing === undefined
    ? new docker.Volume(
        name,
        { name: volumeName, labels: [stackLabel(stack)] },
        pulumi.mergeOptions(opts, { provider: engine.provider, retainOnDelete: keepVolumes }),
      )
    : { name: existing };
}
