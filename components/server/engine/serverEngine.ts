import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostAndPort } from "../../settings/address";
import type { Vps } from "../../settings/settings";
import { quoteWord, sshCommand, sshOptions } from "../../machine/ssh";

/** The Docker engine that runs the server's containers: on the VPS over SSH, or the local one. */
export class ServerEngine extends pulumi.ComponentResource {
  /** The explicit provider that every Docker resource of the server takes. */
  readonly provider: docker.Provider;

  constructor(
    name: string,
    private readonly vps: Vps | "local",
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:ServerEngine", name, {}, opts);
    this.provider = new docker.Provider(
      `${name}-docker`,
      vps === "local"
        ? {}
        : { host: `ssh://${vps.user}@${hostAndPort(vps.host, vps.port)}`, sshOpts: sshOptions(vps) },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** A local command line: `docker` with these words, on the server's engine. */
  dockerCommand(...words: string[]): string {
    return dockerCommand(this.vps, ...words)
      .map(quoteWord)
      .join(" ");
  }
}

/** The program and arguments that run `docker` on the server's engine from this machine. */
export function dockerCommand(vps: Vps | "local", ...words: string[]): string[] {
  return serverCommand(vps, "docker", ...words);
}

/** The program and arguments that run `argv` on the server from this machine. */
export function serverCommand(vps: Vps | "local", ...argv: string[]): string[] {
  return vps === "local" ? argv : sshCommand(vps, ...argv);
}
