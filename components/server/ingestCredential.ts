import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sha256 } from "../managed";
import { render } from "../template";
import { rotationKeepers } from "./rotation";
import { ContainerScript, type ServerEngine } from "./serverEngine";
import { ingestPath, spoolFolder } from "./telegraf";

/** Where the door keeps the credentials that it accepts: on its volume, so that a re-created one has them. */
export const credentialsFolder = "/var/lib/https-portal/ingest";

/** What the templates of a door are rendered from. */
export const ingestView = { ingestPath, spoolFolder, credentialsFolder };

/** Whatever asks for the credential. */
export interface IngestDoor {
  readonly container: docker.Container;
  /** The certificate to trust for remote write, in PEM, where no known authority signs it. */
  readonly ownCertificate: pulumi.Output<string> | undefined;
}

export interface IngestCredentialArgs {
  readonly engine: ServerEngine;
  readonly door: IngestDoor;
  /** When it was last rotated; another date makes another credential. */
  readonly rotated: string | undefined;
}

/** The bearer token without which nobody may write samples. A replaced one is accepted until it is revoked. */
export class IngestCredential extends pulumi.ComponentResource {
  readonly credential: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    private readonly args: IngestCredentialArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:IngestCredential", name, {}, opts);
    const password = new random.RandomPassword(
      `${name}-password`,
      { length: 48, special: false, keepers: rotationKeepers(args.rotated) },
      { parent: this },
    ).result;
    const accepted = new ContainerScript(
      `${name}-accepted`,
      {
        engine: args.engine,
        container: args.door.container,
        script: password.apply((credential) => renderIngestCredential("accept", credential)),
      },
      { parent: this },
    );
    // Whoever uses it waits until it is accepted.
    this.credential = pulumi.all([password, accepted.id]).apply(([credential]) => credential);
    this.registerOutputs({});
  }

  /**
   * Refuses every credential but this one. Prometheus drops what is refused, so nothing is revoked before all that
   * `users` have set up has succeeded.
   */
  revokeOthers(users: readonly pulumi.Resource[]): void {
    new ContainerScript(
      `${this.name}-revocation`,
      {
        engine: this.args.engine,
        container: this.args.door.container,
        script: this.credential.apply((credential) => renderIngestCredential("revoke", credential)),
      },
      { parent: this, dependsOn: [...users] },
    );
  }
}

/** The shell script that makes the portal accept the credential, or refuse all others; see the templates. */
export function renderIngestCredential(action: "accept" | "revoke", credential: string): string {
  return render(join(__dirname, `ingestCredential.${action}.sh.mustache`), "shell", {
    folder: credentialsFolder,
    ...acceptedCredential(credential),
  });
}

/** The file by which the portal accepts a credential. */
export function acceptedCredential(credential: string): { name: string; content: string } {
  return {
    name: `${sha256(credential).slice(0, 16)}.conf`,
    // A regular expression, since nginx compares plain strings without regard to case.
    content: `"~^Bearer ${credential}$" 1;\n`,
  };
}
