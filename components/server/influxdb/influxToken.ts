import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type AdminLogin, type InfluxAdmin, renderInfluxScript } from "./influxApi";
import { ContainerScript } from "../engine/containerScript";
import { printed } from "../engine/scriptOutputs";
import type { ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

export interface InfluxTokenArgs {
  readonly engine: ServerEngine;
  readonly admin: InfluxAdmin;
  /** The only thing that the token may do with the buckets. */
  readonly action: "read" | "write";
  /** The names of the buckets. */
  readonly buckets: readonly string[];
  readonly bucketIds: readonly pulumi.Input<string>[];
  /** The service that uses the token. */
  readonly user: "telegraf" | "grafana";
  readonly stack: string;
  /** When it was last rotated; another date replaces the token. */
  readonly rotated: string | undefined;
}

/** A token for one direction. A replaced one stays in force until its `TokenRevocation`. */
export class InfluxToken extends pulumi.ComponentResource {
  readonly token: pulumi.Output<string>;
  /** The id of the token in InfluxDB. */
  readonly tokenId: pulumi.Output<string>;

  constructor(name: string, args: InfluxTokenArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxToken", name, {}, opts);
    const { engine, admin, action, buckets, user, stack, rotated } = args;
    const authorization = new ContainerScript(
      resources.tokenAuthorization(user),
      {
        engine,
        container: admin.place,
        script: pulumi
          .all([admin.login, admin.orgId, pulumi.all([...args.bucketIds])])
          .apply(([login, orgId, bucketIds]) =>
            renderToken({ ...login, action, description: `${stack}: ${user}`, orgId, bucketIds }),
          ),
        triggers: [...admin.identity, ...buckets, action, rotated ?? "never"],
        // InfluxDB shows a token once, so an update prints the last output again.
        update: () => `printf '%s\\n' "$PULUMI_COMMAND_STDOUT"`,
      },
      { parent: this },
    );
    this.tokenId = pulumi
      .unsecret(authorization.stdout)
      .apply((text) => printed("tokenAuthorization", "tokenId", text));
    this.token = authorization.stdout.apply((text) => printed("tokenAuthorization", "token", text));
    this.registerOutputs({});
  }
}

export type TokenView = AdminLogin & {
  readonly action: "read" | "write";
  readonly description: string;
  readonly orgId: string;
  readonly bucketIds: readonly string[];
};

/** The shell script that makes the token. */
export function renderToken(view: TokenView): string {
  const { action, description, orgId, bucketIds } = view;
  const permissions = bucketIds.map((id) => ({ action, resource: { type: "buckets", id, orgID: orgId } }));
  return renderInfluxScript(join(__dirname, "influxToken.sh.mustache"), view, {
    authorization: JSON.stringify({ orgID: orgId, description, permissions }),
  });
}
