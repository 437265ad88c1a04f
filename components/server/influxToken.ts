import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { render } from "../template";
import type { InfluxDb } from "./influxDb";
import { ContainerScript, type ServerEngine } from "./serverEngine";

export interface InfluxTokenArgs {
  readonly engine: ServerEngine;
  readonly influxDb: InfluxDb;
  /** What the token may do with the stack's bucket; it may do nothing else. */
  readonly action: "read" | "write";
  /** Shown in InfluxDB's list of tokens. */
  readonly description: string;
}

/** A token for one direction on one bucket. A replaced one is revoked, by its id, after its users have moved. */
export class InfluxToken extends pulumi.ComponentResource {
  readonly token: pulumi.Output<string>;

  constructor(name: string, args: InfluxTokenArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxToken", name, {}, opts);
    const { influxDb, action, description } = args;
    const authorization = new ContainerScript(
      `${name}-authorization`,
      {
        engine: args.engine,
        container: influxDb.container,
        script: pulumi
          .all([influxDb.operatorToken, influxDb.orgId, influxDb.bucketId])
          .apply(([operatorToken, orgId, bucketId]) =>
            renderToken({ operatorToken, action, description, orgId, bucketId }),
          ),
        triggers: [influxDb.org, influxDb.bucket, action],
        // InfluxDB shows a token once: what was printed then must be printed again.
        update: `printf '%s\\n' "$PULUMI_COMMAND_STDOUT"`,
        removable: true,
      },
      { parent: this },
    );
    this.token = authorization.stdout.apply((stdout) => stdout.split("\n")[1] ?? "");
    this.registerOutputs({});
  }
}

/** What the token script is rendered from. */
export interface TokenView {
  readonly operatorToken: string;
  readonly action: "read" | "write";
  readonly description: string;
  readonly orgId: string;
  readonly bucketId: string;
}

/** The shell script that makes and revokes the token; see the template. */
export function renderToken({ operatorToken, action, description, orgId, bucketId }: TokenView): string {
  const resource = { type: "buckets", id: bucketId, orgID: orgId };
  return render(join(__dirname, "influxToken.sh.mustache"), "shell", {
    operatorToken,
    authorization: JSON.stringify({ orgID: orgId, description, permissions: [{ action, resource }] }),
  });
}
