import * as pulumi from "@pulumi/pulumi";
import { givenTokens } from "../../settings/influxDb";
import type { Settings } from "../../settings/settings";
import { Downsampling } from "./downsampling";
import type { InfluxAdmin, InfluxBucket } from "./influxApi";
import { resources } from "../resourceNames";
import { InfluxToken, type InfluxTokenArgs } from "./influxToken";
import { TokenRevocation } from "./tokenRevocation";

/** The two tokens in use, made by the program or given in the settings. */
export class InfluxTokens {
  /** May write to the bucket. */
  readonly write: pulumi.Output<string>;
  /** May read the bucket, and the coarser ones where the program makes them. */
  readonly read: pulumi.Output<string>;
  private readonly made: readonly InfluxToken[];

  /**
   * @param admin undefined where the settings give the tokens
   * @param parent of all resources that are made for them
   */
  constructor(
    private readonly admin: InfluxAdmin | undefined,
    private readonly settings: Settings,
    private readonly parent: pulumi.Resource,
  ) {
    if (admin === undefined) {
      const given = givenTokens(settings.influxdb);
      this.write = pulumi.secret(given?.writeToken ?? "");
      this.read = pulumi.secret(given?.readToken ?? "");
      this.made = [];
      return;
    }
    const coarser = new Downsampling(resources.downsampling, { admin, settings }, { parent });
    const write = this.createToken(admin, "telegraf", [admin.bucket]);
    const read = this.createToken(admin, "grafana", [admin.bucket, ...coarser.buckets]);
    this.write = write.token;
    this.read = read.token;
    this.made = [write, read];
  }

  /** Revokes the stack's other tokens after everything that `users` have set up uses these. */
  revokeOthers(users: readonly pulumi.Resource[]): void {
    const { admin, settings, parent } = this;
    if (admin !== undefined) {
      new TokenRevocation(
        resources.tokenRevocation,
        { admin, stack: settings.stack, tokens: this.made },
        { parent, dependsOn: [...users] },
      );
    }
  }

  private createToken(
    admin: InfluxAdmin,
    service: InfluxTokenArgs["service"],
    buckets: readonly InfluxBucket[],
  ): InfluxToken {
    const { settings, parent } = this;
    return new InfluxToken(resources.token(service), { admin, service, buckets, settings }, { parent });
  }
}
