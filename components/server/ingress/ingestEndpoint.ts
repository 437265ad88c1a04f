import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Named } from "../engine/serverContainer";
import { ingestPath, spoolFolder } from "../telegraf/telegraf";

/** What takes remote write on the server, and checks the ingest credential. */
export interface IngestEndpoint {
  readonly container: docker.Container;
  /** What signs its certificate, in PEM; undefined where the authorities of every system are enough. */
  readonly issuers: pulumi.Output<string> | undefined;
}

/** The folder of its volume. */
export const dataFolder = "/var/lib/https-portal";
/** The accepted credentials: on the volume, so that a replaced container has them. */
export const credentialsFolder = `${dataFolder}/ingest`;

/** Values that the nginx templates of every endpoint need. */
export const ingestView = { ingestPath, spoolFolder, credentialsFolder };

/** The volumes of every endpoint. */
export function ingestVolumes(volume: Named, spool: Named) {
  return [
    { volume, path: dataFolder },
    { volume: spool, path: spoolFolder },
  ];
}
