import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type AdminLogin, type InfluxAdmin, removal, renderInfluxScript } from "./influxApi";
import type { InfluxToken } from "./influxToken";
import { ContainerScript, type ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

export interface TokenRevocationArgs {
  readonly engine: ServerEngine;
  readonly admin: InfluxAdmin;
  /** The stack, with whose name the description of each of its tokens begins. */
  readonly stack: string;
  /** The tokens in use; all others of the stack are revoked. */
  readonly tokens: readonly InfluxToken[];
}

/**
 * Revokes the stack's tokens that are in use no more, by their ids. It looks at what InfluxDB has rather than at
 * what was replaced: a run that was killed may have made a token that no state knows.
 */
export class TokenRevocation extends pulumi.ComponentResource {
  /** @param opts depend on everything that must have moved to its new token before */
  constructor(name: string, args: TokenRevocationArgs, opts: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:TokenRevocation", name, {}, opts);
    const { admin, stack, tokens } = args;
    new ContainerScript(
      resources.tokenRevocation,
      {
        engine: args.engine,
        container: admin.place,
        script: pulumi
          .all([admin.login, pulumi.all(tokens.map(({ tokenId }) => tokenId))])
          .apply(([login, idsInUse]) => renderTokenRevocation({ ...login, stack, idsInUse })),
        ...removal(admin),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** What the script is rendered from. */
export type TokenRevocationView = AdminLogin & {
  readonly stack: string;
  readonly idsInUse: readonly string[];
};

/** The shell script that revokes all tokens of the stack but those in use; see the template. */
export function renderTokenRevocation(view: TokenRevocationView): string {
  return renderInfluxScript(join(__dirname, "tokenRevocation.sh.mustache"), view, {
    stack: view.stack,
    idsInUse: view.idsInUse.join(" "),
  });
}
