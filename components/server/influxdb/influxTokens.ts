import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { Downsampling } from "./downsampling";
import type { InfluxAccess } from "./influxApi";
import { InfluxToken } from "./influxToken";
import type { ServerEngine } from "../engine/serverEngine";
import { TokenRevocation } from "./tokenRevocation";

export interface InfluxTokensArgs {
  readonly engine: ServerEngine;
  readonly influxDb: InfluxAccess;
  readonly settings: Settings;
}

/** The two tokens that are in use, made by the program or given in the settings. */
export class InfluxTokens {
  /** May write to the bucket. */
  readonly write: pulumi.Output<string>;
  /** May read the bucket, and the coarser ones where the program makes them. */
  readonly read: pulumi.Output<string>;
  private readonly revoke: ((users: readonly pulumi.Resource[]) => void) | undefined;

  /** @param parent of all that is made for them */
  constructor(name: string, { engine, influxDb, settings }: InfluxTokensArgs, parent: pulumi.Resource) {
    const { admin, bucket } = influxDb;
    if (admin === undefined) {
      this.write = pulumi.secret(settings.influxdb.writeToken ?? "");
      this.read = pulumi.secret(settings.influxdb.readToken ?? "");
      return;
    }
    const { stack, rotated } = settings;
    const downsampling = new Downsampling(`${name}-downsampling`, { engine, admin, settings }, { parent });
    const write = new InfluxToken(
      `${name}-telegraf-token`,
      {
        engine,
        admin,
        action: "write",
        buckets: [bucket],
        bucketIds: [admin.bucketId],
        user: "telegraf",
        stack,
        rotated: rotated.telegraf,
      },
      { parent },
    );
    const read = new InfluxToken(
      `${name}-grafana-token`,
      {
        engine,
        admin,
        action: "read",
        buckets: [bucket, ...downsampling.buckets],
        bucketIds: [admin.bucketId, ...downsampling.bucketIds],
        user: "grafana",
        stack,
        rotated: rotated.grafana,
      },
      { parent },
    );
    this.write = write.token;
    this.read = read.token;
    this.revoke = (users) => {
      new TokenRevocation(
        `${name}-token-revocation`,
        { engine, admin, stack, tokens: [write, read] },
        { parent, dependsOn: [...users] },
      );
    };
  }

  /** Revokes the stack's other tokens when all that `users` have set up uses these. */
  revokeOthers(users: readonly pulumi.Resource[]): void {
    this.revoke?.(users);
  }
}
