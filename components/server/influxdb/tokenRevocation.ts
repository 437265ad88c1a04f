import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type AdminLogin, type InfluxAdmin, removal, renderInfluxScript } from "./influxApi";
import { type InfluxToken, tokenDescriptions } from "./influxToken";
import { ContainerScript } from "../engine/containerScript";
import { resources } from "../resourceNames";

interface TokenRevocationArgs {
  readonly admin: InfluxAdmin;
  /** The stack's name, which the descriptions of its tokens have; see `tokenDescriptions`. */
  readonly stack: string;
  /** The tokens in use; all others of the stack are revoked. */
  readonly tokens: readonly InfluxToken[];
}

/**
 * Revokes the stack's tokens that are no longer in use. It reads them from InfluxDB, as a killed run may have made a
 * token that no state has.
 */
export class TokenRevocation extends pulumi.ComponentResource {
  /** @param opts depend on everything that must use its new token first */
  constructor(name: string, args: TokenRevocationArgs, opts: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:TokenRevocation", name, {}, opts);
    const { admin, stack, tokens } = args;
    new ContainerScript(
      resources.tokenRevocationScript,
      {
        engine: admin.engine,
        place: admin.place,
        script: pulumi
          .all([admin.login, pulumi.all(tokens.map(({ tokenId }) => tokenId))])
          .apply(([login, idsInUse]) => renderTokenRevocation(login, { stack, idsInUse })),
        ...removal(admin),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

interface TokenRevocationView {
  readonly stack: string;
  readonly idsInUse: readonly string[];
}

/** The shell script that revokes all tokens of the stack but those in use. */
export function renderTokenRevocation(login: AdminLogin, { stack, idsInUse }: TokenRevocationView): string {
  return renderInfluxScript(join(__dirname, "tokenRevocation.sh.mustache"), login, {
    descriptions: tokenDescriptions(stack),
    idsInUse: idsInUse.join(" "),
  });
}
