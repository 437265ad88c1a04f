import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { sha256 } from "../../sha256";
import { render } from "../../template";
import { createPassword } from "../credentials";
import { resources } from "../resourceNames";
import { ContainerScript } from "../engine/containerScript";
import type { ServerEngine } from "../engine/serverEngine";
import { credentialsFolder, type IngestEndpoint } from "./ingestEndpoint";

/** How long a request by an old credential may take; Prometheus's default for `remote_timeout`. */
const requestSeconds = 30;

interface IngestCredentialArgs {
  readonly engine: ServerEngine;
  readonly endpoint: IngestEndpoint;
  /** The name of the master that writes with it. */
  readonly master: string;
  /** The names of all masters. */
  readonly masters: readonly string[];
  /** When it was last rotated; another date replaces the credential. */
  readonly rotated: string | undefined;
}

/**
 * The bearer token with which a master writes samples. A replaced token is accepted until it is revoked. When a node is no
 * longer a master, its tokens are revoked, whether the node can be reached or not.
 */
export class IngestCredential extends pulumi.ComponentResource {
  readonly credential: pulumi.Output<string>;

  constructor(
    name: string,
    private readonly args: IngestCredentialArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:IngestCredential", name, {}, opts);
    const password = createPassword(`${name}-password`, { length: 48, rotated: args.rotated }, this);
    const accepted = this.createScript("accept", password);
    // Resources that use it wait until it is accepted.
    this.credential = pulumi.all([password, accepted.id]).apply(([credential]) => credential);
    this.registerOutputs({});
  }

  /**
   * Refuses every other credential of this master. Prometheus drops refused samples, so nothing is revoked before
   * everything in `consumer` has succeeded. For a master that is off, the credential that it has stays in force.
   */
  revokeOthers(consumer: pulumi.Resource): void {
    this.createScript("revoke", this.credential, [consumer]);
  }

  /**
   * When either script is removed, it deletes the master's accepted credentials. It runs on the server, so the node need
   * not answer. After `forgetNode` in scripts/stack/deploy.ts the state has only `accept`.
   */
  private createScript(
    verb: "accept" | "revoke",
    credential: pulumi.Output<string>,
    dependsOn: pulumi.Resource[] = [],
  ): ContainerScript {
    const { engine, endpoint, master, masters } = this.args;
    return new ContainerScript(
      verb === "accept" ? resources.ingestAccepted(master) : resources.ingestRevocation(master),
      {
        engine,
        place: endpoint.container,
        script: credential.apply((value) => renderIngestCredential({ credential: value, master, masters })),
        verbs: { apply: verb, remove: "forget" },
      },
      { parent: this, dependsOn },
    );
  }
}

interface IngestCredentialView extends Pick<IngestCredentialArgs, "master" | "masters"> {
  readonly credential: string;
}

/** The shell script that makes the endpoint accept the credential, or refuse all others of its master. */
export function renderIngestCredential({ credential, master, masters }: IngestCredentialView): string {
  return render(join(__dirname, "ingestCredential.sh.mustache"), "shell", {
    folder: credentialsFolder,
    requestSeconds,
    master,
    otherMasters: masters.filter((each) => each !== master),
    ...acceptedCredential(master, credential),
  });
}

/** The file by which the endpoint accepts the credential of a master. */
export function acceptedCredential(master: string, credential: string): { name: string; content: string } {
  return {
    name: `${master}.${sha256(credential).slice(0, 16)}.conf`,
    // A regular expression, since nginx compares plain strings without regard to case.
    content: `"~^Bearer ${credential}$" 1;\n`,
  };
}
