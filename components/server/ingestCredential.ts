import { createHash } from "node:crypto";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { render } from "../template";
import { credentialsFolder, type HttpsPortal } from "./httpsPortal";
import { ContainerScript, type ServerEngine } from "./serverEngine";

export interface IngestCredentialArgs {
  readonly engine: ServerEngine;
  readonly portal: HttpsPortal;
}

/**
 * The bearer token without which nobody may write samples. A replaced one is accepted until its user has moved:
 * Prometheus drops what is refused.
 */
export class IngestCredential extends pulumi.ComponentResource {
  readonly credential: pulumi.Output<string>;

  constructor(name: string, args: IngestCredentialArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:IngestCredential", name, {}, opts);
    const password = new random.RandomPassword(
      `${name}-password`,
      { length: 48, special: false },
      { parent: this },
    );
    const accepted = new ContainerScript(
      `${name}-accepted`,
      {
        engine: args.engine,
        container: args.portal.container,
        script: password.result.apply(renderIngestCredential),
        removable: true,
      },
      { parent: this },
    );
    // Whoever uses it waits until it is accepted.
    this.credential = pulumi.all([password.result, accepted.id]).apply(([credential]) => credential);
    this.registerOutputs({});
  }
}

/** The shell script that makes the portal accept the credential, and refuse it again. */
export function renderIngestCredential(credential: string): string {
  return render(join(__dirname, "ingestCredential.sh.mustache"), "shell", {
    credential,
    folder: credentialsFolder,
    id: createHash("sha256").update(credential).digest("hex").slice(0, 16),
  });
}
