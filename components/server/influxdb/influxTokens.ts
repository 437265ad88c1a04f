import * as pulumi from "@pulumi/pulumi";
import { givenTokens } from "../../settings/influxDb";
import type { Settings } from "../../settings/settings";
import { Downsampling } from "./downsampling";
import type { InfluxAccess, InfluxAdmin } from "./influxApi";
import { InfluxToken } from "./influxToken";
import type { ServerEngine } from "../engine/serverEngine";
import { TokenRevocation } from "./tokenRevocation";

export interface InfluxTokensArgs {
  readonly engine: ServerEngine;
  readonly influxDb: InfluxAccess;
  readonly settings: Settings;
}

/** The two tokens in use, made by the program or given in the settings. */
export class InfluxTokens {
  /** May write to the bucket. */
  readonly write: pulumi.Output<string>;
  /** May read the bucket, and the coarser ones where the program makes them. */
  readonly read: pulumi.Output<string>;
  private readonly made: readonly InfluxToken[];

  /** @param parent of all resources that are made for them */
  constructor(
    private readonly name: string,
    private readonly args: InfluxTokensArgs,
    private readonly parent: pulumi.Resource,
  ) {
    const { influxDb, settings } = args;
    const given = givenTokens(settings.influxdb);
    if (influxDb.admin === undefined) {
      this.write = pulumi.secret(given?.writeToken ?? "");
      this.read = pulumi.secret(given?.readToken ?? "");
      this.made = [];
      return;
    }
    const downsampling = this.createDownsampling(influxDb.admin);
    const write = this.createWriteToken(influxDb.admin);
    const read = this.createReadToken(influxDb.admin, downsampling);
    this.write = write.token;
    this.read = read.token;
    this.made = [write, read];
  }

  /** Revokes the stack's other tokens after everything that `users` have set up uses these. */
  revokeOthers(users: readonly pulumi.Resource[]): void {
    const { engine, influxDb, settings } = this.args;
    if (influxDb.admin !== undefined) {
      new TokenRevocation(
        `${this.name}-token-revocation`,
        { engine, admin: influxDb.admin, stack: settings.stack, tokens: this.made },
        { parent: this.parent, dependsOn: [...users] },
      );
    }
  }

  private createDownsampling(admin: InfluxAdmin): Downsampling {
    const { engine, settings } = this.args;
    return new Downsampling(
      `${this.name}-downsampling`,
      { engine, admin, settings },
      { parent: this.parent },
    );
  }

  private createWriteToken(admin: InfluxAdmin): InfluxToken {
    const { engine, influxDb, settings } = this.args;
    return new InfluxToken(
      `${this.name}-telegraf-token`,
      {
        engine,
        admin,
        action: "write",
        buckets: [influxDb.bucket],
        bucketIds: [admin.bucketId],
        user: "telegraf",
        stack: settings.stack,
        rotated: settings.rotated.telegraf,
      },
      { parent: this.parent },
    );
  }

  private createReadToken(admin: InfluxAdmin, downsampling: Downsampling): InfluxToken {
    const { engine, influxDb, settings } = this.args;
    return new InfluxToken(
      `${this.name}-grafana-token`,
      {
        engine,
        admin,
        action: "read",
        buckets: [influxDb.bucket, ...downsampling.buckets],
        bucketIds: [admin.bucketId, ...downsampling.bucketIds],
        user: "grafana",
        stack: settings.stack,
        rotated: settings.rotated.grafana,
      },
      { parent: this.parent },
    );
  }
}
