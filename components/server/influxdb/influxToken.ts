import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { type AdminLogin, type InfluxAdmin, type InfluxBucket, renderInfluxScript } from "./influxApi";
import { ContainerScript } from "../engine/containerScript";
import { readScriptOutput } from "../engine/scriptOutputs";
import { resources } from "../resourceNames";

/** The only thing that the token of each service may do with the buckets. */
const actions = { telegraf: "write", grafana: "read" } as const;

type TokenService = keyof typeof actions;

/** The description of a service's token, by which InfluxDB shows that it is one of the stack's. */
function descriptionOf(stack: string, service: TokenService): string {
  return `${stack}: ${service}`;
}

/** The descriptions of all tokens of a stack. The user may have other tokens whose descriptions begin with its name. */
export function tokenDescriptions(stack: string): string[] {
  return (Object.keys(actions) as TokenService[]).map((service) => descriptionOf(stack, service));
}

export interface InfluxTokenArgs {
  readonly admin: InfluxAdmin;
  /** The service that uses the token. */
  readonly service: TokenService;
  readonly buckets: readonly InfluxBucket[];
  /** Another date of rotation replaces the token. */
  readonly settings: Pick<Settings, "stack" | "rotated">;
}

/** A token that may only write or only read. A replaced one stays in force until its `TokenRevocation`. */
export class InfluxToken extends pulumi.ComponentResource {
  readonly token: pulumi.Output<string>;
  /** The id of the token in InfluxDB. */
  readonly tokenId: pulumi.Output<string>;

  constructor(name: string, args: InfluxTokenArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:InfluxToken", name, {}, opts);
    const { admin, service, buckets, settings } = args;
    const action = actions[service];
    const description = descriptionOf(settings.stack, service);
    const { stdout } = new ContainerScript(
      resources.tokenAuthorization(service),
      {
        engine: admin.engine,
        place: admin.place,
        script: pulumi
          .all([admin.login, admin.orgId, pulumi.all(buckets.map(({ id }) => id))])
          .apply(([login, orgId, bucketIds]) =>
            renderToken(login, { action, description, orgId, bucketIds }),
          ),
        triggers: [
          ...admin.tokenTriggers,
          ...buckets.map((bucket) => bucket.name),
          action,
          settings.rotated[service] ?? "never",
        ],
        // InfluxDB shows a token once, so an update prints the last output again.
        update: () => `printf '%s\\n' "$PULUMI_COMMAND_STDOUT"`,
      },
      { parent: this },
    );
    this.tokenId = pulumi
      .unsecret(stdout)
      .apply((text) => readScriptOutput("tokenAuthorization", "tokenId", text));
    this.token = stdout.apply((text) => readScriptOutput("tokenAuthorization", "token", text));
    this.registerOutputs({});
  }
}

interface TokenView {
  readonly action: "read" | "write";
  readonly description: string;
  readonly orgId: string;
  readonly bucketIds: readonly string[];
}

/** The shell script that makes the token. */
export function renderToken(login: AdminLogin, { action, description, orgId, bucketIds }: TokenView): string {
  const permissions = bucketIds.map((id) => ({ action, resource: { type: "buckets", id, orgID: orgId } }));
  return renderInfluxScript(join(__dirname, "influxToken.sh.mustache"), login, {
    authorization: JSON.stringify({ orgID: orgId, description, permissions }),
  });
}
