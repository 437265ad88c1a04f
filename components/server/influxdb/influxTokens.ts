import * as pulumi from "@pulumi/pulumi";
import type { GivenTokens } from "../../settings/influxDbKinds";
import type { Settings } from "../../settings/settings";
import { Downsampling } from "./downsampling";
import type { InfluxAdmin, InfluxBucket } from "./influxApi";
import { components } from "../resourceNames";
import { InfluxToken, type InfluxTokenArgs } from "./influxToken";
import { TokenRevocation } from "./tokenRevocation";

/** The two tokens in use, made by the program or given in the settings. */
export class InfluxTokens {
  /** May write to the bucket. */
  readonly write: pulumi.Output<string>;
  /** May read the bucket, and the coarser ones where the program makes them. */
  readonly read: pulumi.Output<string>;
  private readonly made: readonly InfluxToken[];

  /** @param parent of all resources that are made for them */
  constructor(
    private readonly credentials: InfluxAdmin | GivenTokens,
    private readonly settings: Settings,
    private readonly parent: pulumi.Resource,
  ) {
    if ("writeToken" in credentials) {
      this.write = pulumi.secret(credentials.writeToken);
      this.read = pulumi.secret(credentials.readToken);
      this.made = [];
      return;
    }
    const admin = credentials;
    // Grafana's token also reads these.
    const coarser = new Downsampling(components.downsampling, { admin, settings }, { parent });
    const write = this.createToken(admin, "telegraf", [admin.bucket]);
    const read = this.createToken(admin, "grafana", [admin.bucket, ...coarser.buckets]);
    this.write = write.token;
    this.read = read.token;
    this.made = [write, read];
  }

  /** Revokes the stack's other tokens once all `consumers` use these. */
  revokeOthers(consumers: readonly pulumi.Resource[]): void {
    const { credentials: admin, settings, parent } = this;
    if (!("writeToken" in admin)) {
      new TokenRevocation(
        components.tokenRevocation,
        { admin, stack: settings.stack, tokens: this.made },
        { parent, dependsOn: [...consumers] },
      );
    }
  }

  private createToken(
    admin: InfluxAdmin,
    service: InfluxTokenArgs["service"],
    buckets: readonly InfluxBucket[],
  ): InfluxToken {
    const { settings, parent } = this;
    return new InfluxToken(components.token(service), { admin, service, buckets, settings }, { parent });
  }
}
