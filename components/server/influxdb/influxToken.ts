import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type AdminLogin, type InfluxAdmin, renderInfluxScript } from "./influxApi";
import { ContainerScript, type ServerEngine } from "../engine/serverEngine";
import { resources } from "../resourceNames";

export interface InfluxTokenArgs {
  readonly engine: ServerEngine;
  readonly admin: InfluxAdmin;
  /** What the token may do with the buckets; it may do nothing else. */
  readonly action: "read" | "write";
  /** The names of the buckets, and their ids. */
  readonly buckets: readonly string[];
  readonly bucketIds: readonly pulumi.Input<string>[];
  /** The service that uses the token. */
  readonly user: "telegraf" | "grafana";
  readonly stack: string;
  /** When it was last rotated; another date makes another token. */
  readonly rotated: string | undefined;
}

/** A token for one direction. A replaced one stays in force until its `TokenRevocation`. */
export class InfluxToken extends pulumi.ComponentResource {
  readonly token: pulumi.Output<string>;
  /** By which InfluxDB knows the token. */
  readonly tokenId: pulumi.Output<string>;

  constructor(name: string, args: InfluxTokenArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxToken", name, {}, opts);
    const { admin, action, user, stack, rotated } = args;
    const authorization = new ContainerScript(
      resources.tokenAuthorization(user),
      {
        engine: args.engine,
        container: admin.place,
        script: pulumi
          .all([admin.login, admin.orgId, pulumi.all([...args.bucketIds])])
          .apply(([login, orgId, bucketIds]) =>
            renderToken({ ...login, action, description: `${stack}: ${user}`, orgId, bucketIds }),
          ),
        triggers: [...admin.identity, ...args.buckets, action, rotated ?? "never"],
        // InfluxDB shows a token once: what was printed then must be printed again.
        update: () => `printf '%s\\n' "$PULUMI_COMMAND_STDOUT"`,
      },
      { parent: this },
    );
    this.tokenId = pulumi.unsecret(authorization.stdout).apply((stdout) => stdout.split("\n")[0] ?? "");
    this.token = authorization.stdout.apply((stdout) => stdout.split("\n")[1] ?? "");
    this.registerOutputs({});
  }
}

/** What the token script is rendered from. */
export type TokenView = AdminLogin & {
  readonly action: "read" | "write";
  readonly description: string;
  readonly orgId: string;
  readonly bucketIds: readonly string[];
};

/** The shell script that makes the token; see the template. */
export function renderToken(view: TokenView): string {
  const { action, description, orgId, bucketIds } = view;
  const permissions = bucketIds.map((id) => ({ action, resource: { type: "buckets", id, orgID: orgId } }));
  return renderInfluxScript(join(__dirname, "influxToken.sh.mustache"), view, {
    authorization: JSON.stringify({ orgID: orgId, description, permissions }),
  });
}
