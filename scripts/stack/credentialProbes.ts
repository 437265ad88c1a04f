import { dockerCommand } from "../../components/server/engine/serverEngine";
import { portalName } from "../../components/server/ingress/ingress";
import { loopbackIngestUrl } from "../../components/server/ingress/loopbackIngress";
import { influxUrl } from "../../components/server/influxdb/influxDb";
import type { Credential, Settings } from "../../components/settings/settings";
import { $ } from "../cli/shell";
import type { StackOutputs } from "./stack";

/** How it is found out whether a credential lets in. */
interface Door {
  /** The values among the outputs of the stack, by whose they are; of most there is one, of nobody in particular. */
  readonly values: (outputs: StackOutputs) => Readonly<Record<string, string>>;
  /** Options for curl that knock with a value; nothing is changed by it. */
  readonly knock: (value: string, outputs: StackOutputs, settings: Settings) => readonly string[];
}

const influxApi = ({ influxdb }: Settings): string => `${influxUrl(influxdb)}/api/v2`;

/** Every credential that can be rotated. */
export const doors: Readonly<Record<Credential, Door>> = {
  telegraf: {
    values: ({ telegrafToken }) => ({ "": telegrafToken }),
    knock: (token, { influxdb }, settings) => [
      option(
        "url",
        `${influxApi(settings)}/write?${new URLSearchParams({ org: influxdb.org, bucket: influxdb.bucket }).toString()}`,
      ),
      option("header", `Authorization: Token ${token}`),
      option("data", "not a sample"),
    ],
  },
  grafana: {
    values: ({ grafanaToken }) => ({ "": grafanaToken }),
    knock: (token, _, settings) => [
      option("url", `${influxApi(settings)}/buckets?limit=1`),
      option("header", `Authorization: Token ${token}`),
    ],
  },
  ingest: {
    values: ({ ingestCredentials = {} }) => ingestCredentials,
    knock: (credential, { urls }, settings) => [
      ...(settings.ingress.kind !== "loopback"
        ? [
            option("url", urls.telegraf),
            option("connect-to", `::${portalName(settings) ?? ""}:443`),
            // It is asked by the name of its container, and may have signed its certificate itself.
            "insecure",
          ]
        : // Past the web server, which may be down or not set up yet.
          [option("url", loopbackIngestUrl)]),
      option("header", `Authorization: Bearer ${credential}`),
      option("data", "not a sample"),
    ],
  },
  grafanaAdmin: {
    values: ({ grafanaAdminPassword }) => ({ "": grafanaAdminPassword }),
    knock: (password) => [
      option("url", "http://localhost:3000/api/datasources"),
      option("user", `admin:${password}`),
    ],
  },
  influxdbAdmin: {
    values: ({ influxdbAdminPassword }) => ({ "": influxdbAdminPassword ?? "" }),
    knock: (password, { influxdb }, settings) => [
      option("url", `${influxApi(settings)}/signin`),
      option("request", "POST"),
      option("user", `${influxdb.adminUser}:${password}`),
    ],
  },
};

/** Whether the system lets in who comes with this value, asked on the server from Grafana's container. */
export async function letsIn(
  credential: Credential,
  value: string,
  settings: Settings,
  outputs: StackOutputs,
): Promise<boolean> {
  // curl reads all of it from its configuration: a credential must not show in the process list.
  const input = [...doors[credential].knock(value, outputs, settings), option("output", "/dev/null")].join(
    "\n",
  );
  const curl = ["curl", "-sS", "--max-time", "20", "-w", "%{http_code}", "-K", "-"];
  const { stdout } = await $({ input })`${dockerCommand(settings.vps, "exec", "-i", "grafana", ...curl)}`;
  const status = Number(stdout);
  // 400 is what a sample that is none gets from whoever has let it in.
  if ((status >= 200 && status < 300) || status === 400) {
    return true;
  }
  if (status === 401) {
    return false;
  }
  throw new Error(`The check of the credential ${credential} was answered with status ${status}.`);
}

function option(name: string, value: string): string {
  return `${name} = ${JSON.stringify(value)}`;
}
