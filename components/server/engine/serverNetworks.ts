import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Service } from "../../settings/serviceNames";
import { isInfluxDbOnServer, type Settings } from "../../settings/settings";
import { networks, resources } from "../resourceNames";
import { type DockerObject, type Placement, stackLabel } from "./serverContainer";

/** The networks of the server. InfluxDB is on all of them, Telegraf and Grafana on one each: they do not reach each other. */
export interface ServerNetworks {
  /** Undefined for an InfluxDB elsewhere. */
  readonly influxdb: DockerObject | undefined;
  readonly telegraf: DockerObject;
  readonly grafana: DockerObject;
  readonly all: readonly DockerObject[];
}

/** Makes the networks, except existing ones. */
export function createNetworks(
  { engine, stack }: Placement,
  settings: Pick<Settings, "influxdb" | "existing">,
  parent: pulumi.Resource,
): ServerNetworks {
  const create = (service: Service): DockerObject => {
    const existing = settings.existing.networks[service];
    return existing === undefined
      ? new docker.Network(
          resources.network(service),
          { name: networks[service], labels: [stackLabel(stack)] },
          { parent, provider: engine.provider },
        )
      : { name: existing };
  };
  const influxdb = isInfluxDbOnServer(settings) ? create("influxdb") : undefined;
  const telegraf = create("telegraf");
  const grafana = create("grafana");
  return { influxdb, telegraf, grafana, all: [...(influxdb ? [influxdb] : []), telegraf, grafana] };
}
