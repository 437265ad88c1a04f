import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sha256 } from "../../machine/installed";
import { render } from "../../template";
import { rotationKeepers } from "../rotation";
import { resources } from "../resourceNames";
import { ContainerScript, type ServerEngine } from "../engine/serverEngine";
import { ingestPath, spoolFolder } from "../telegraf/telegraf";

/** Where the door keeps the credentials that it accepts: on its volume, so that a re-created one has them. */
export const credentialsFolder = "/var/lib/https-portal/ingest";

/** Prometheus's default for `remote_timeout`. */
const requestSeconds = 30;

/** What the templates of a door are rendered from. */
export const ingestView = { ingestPath, spoolFolder, credentialsFolder };

/** Whatever asks for the credential. */
export interface IngestDoor {
  readonly container: docker.Container;
  /** What signs its certificate, in PEM, where that is no authority that a system knows. */
  readonly issuers: pulumi.Output<string> | undefined;
}

export interface IngestCredentialArgs {
  readonly engine: ServerEngine;
  readonly door: IngestDoor;
  /** The name of the master that writes with it. */
  readonly master: string;
  /** The names of all masters. */
  readonly masters: readonly string[];
  /** When it was last rotated; another date makes another credential. */
  readonly rotated: string | undefined;
}

/**
 * The bearer token without which a master may not write samples. A replaced one is accepted until it is revoked; that
 * of a node that is a master no more is revoked with it, whether it can be reached or not.
 */
export class IngestCredential extends pulumi.ComponentResource {
  readonly credential: pulumi.Output<string>;

  constructor(
    name: string,
    private readonly args: IngestCredentialArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:IngestCredential", name, {}, opts);
    const password = new random.RandomPassword(
      `${name}-password`,
      { length: 48, special: false, keepers: rotationKeepers(args.rotated) },
      { parent: this },
    ).result;
    const accepted = this.createScript("accept", password);
    // Whoever uses it waits until it is accepted.
    this.credential = pulumi.all([password, accepted.id]).apply(([credential]) => credential);
    this.registerOutputs({});
  }

  /**
   * Refuses every other credential of this master. Prometheus drops what is refused, so nothing is revoked before all
   * that `user` has set up has succeeded. A master that is off keeps its own in force, and nobody else's.
   */
  revokeOthers(user: pulumi.Resource): void {
    this.createScript("revoke", this.credential, [user]);
  }

  /**
   * Both scripts of a master forget it when they are removed. Whatever hangs on the node goes before the node is asked
   * to undo anything, so one that does not answer is no hindrance; of a node that was forgotten only the other is left.
   */
  private createScript(
    verb: "accept" | "revoke",
    credential: pulumi.Output<string>,
    dependsOn: pulumi.Resource[] = [],
  ): ContainerScript {
    const { engine, door, master, masters } = this.args;
    return new ContainerScript(
      verb === "accept" ? resources.ingestAccepted(master) : resources.ingestRevocation(master),
      {
        engine,
        container: door.container,
        script: credential.apply((value) =>
          renderIngestCredential({ verb, credential: value, master, masters }),
        ),
        remove: forget,
      },
      { parent: this, dependsOn },
    );
  }
}

/** Runs the script to forget its master. A door that was removed by hand lets nobody in, and may not hold up the rest. */
function forget(run: string): string {
  return `output=$({ echo verb=forget; cat; } | ${run} 2>&1) || case $output in *"No such container"*) ;; *) printf '%s\\n' "$output" >&2; exit 1 ;; esac`;
}

/** What the script is rendered from. */
export interface IngestCredentialView extends Pick<IngestCredentialArgs, "master" | "masters"> {
  readonly verb: "accept" | "revoke";
  readonly credential: string;
}

/** The shell script that makes the door accept the credential, or refuse all others of its master; see the template. */
export function renderIngestCredential({ verb, credential, master, masters }: IngestCredentialView): string {
  return render(join(__dirname, "ingestCredential.sh.mustache"), "shell", {
    verb,
    folder: credentialsFolder,
    requestSeconds,
    master,
    otherMasters: masters.filter((each) => each !== master),
    ...acceptedCredential(master, credential),
  });
}

/** The file by which the door accepts the credential of a master. */
export function acceptedCredential(master: string, credential: string): { name: string; content: string } {
  return {
    name: `${master}.${sha256(credential).slice(0, 16)}.conf`,
    // A regular expression, since nginx compares plain strings without regard to case.
    content: `"~^Bearer ${credential}$" 1;\n`,
  };
}
