import { portalName } from "../../components/server/ingress/ingress";
import { loopbackIngestUrl } from "../../components/server/ingress/loopbackIngress";
import { containers, localUrl } from "../../components/server/resourceNames";
import { influxUrl } from "../../components/server/influxdb/influxDb";
import type { Credential, Settings } from "../../components/settings/settings";
import type { CurlOptions } from "../remote/server";
import type { LoadedStack, StackOutputs } from "./stack";

/** How a credential is probed. */
interface Probe {
  /** The values among the outputs of the stack: of `ingest`, one for each master by its name; of the others, one by `""`. */
  readonly values: (outputs: StackOutputs) => Readonly<Record<string, string>>;
  /** A request with a value; it changes nothing. */
  readonly request: (value: string, outputs: StackOutputs, settings: Settings) => CurlOptions;
}

/** The body of a write request that writes nothing: it is answered with 400, or with 401 if the credential is wrong. */
const invalidSample = "not a sample";

/** The probes of all credentials that can be rotated. */
export const credentialProbes: Readonly<Record<Credential, Probe>> = {
  telegraf: {
    values: ({ telegrafToken }) => ({ "": telegrafToken }),
    request: (token, { influxdb }, settings) => {
      const query = new URLSearchParams({ org: influxdb.org, bucket: influxdb.bucket }).toString();
      return {
        url: `${influxApi(settings)}/write?${query}`,
        header: `Authorization: Token ${token}`,
        data: invalidSample,
      };
    },
  },
  grafana: {
    values: ({ grafanaToken }) => ({ "": grafanaToken }),
    request: (token, _, settings) => ({
      url: `${influxApi(settings)}/buckets?limit=1`,
      header: `Authorization: Token ${token}`,
    }),
  },
  ingest: {
    values: ({ ingestCredentials = {} }) => ingestCredentials,
    request: (credential, { urls }, settings) => {
      const portal = portalName(settings);
      const target: CurlOptions =
        portal === undefined
          ? // Past the web server, which may be down or not set up yet.
            { url: loopbackIngestUrl }
          : // The certificate may be self-signed.
            { url: urls.telegraf, "connect-to": `::${portal}:443`, insecure: true };
      return { ...target, header: `Authorization: Bearer ${credential}`, data: invalidSample };
    },
  },
  grafanaAdmin: {
    values: ({ grafanaAdminPassword }) => ({ "": grafanaAdminPassword ?? "" }),
    request: (password) => ({
      url: `${localUrl("grafana")}/api/datasources`,
      user: `admin:${password}`,
    }),
  },
  influxdbAdmin: {
    values: ({ influxdbAdminPassword }) => ({ "": influxdbAdminPassword ?? "" }),
    request: (password, { influxdb }, settings) => ({
      url: `${influxApi(settings)}/signin`,
      request: "POST",
      user: `${influxdb.adminUser}:${password}`,
    }),
  },
};

function influxApi({ influxdb }: Settings): string {
  return `${influxUrl(influxdb)}/api/v2`;
}

/** Whether the system accepts each value, or why that is unknown; all are probed at once from Grafana's container. */
export async function probeCredentials(
  values: readonly { readonly credential: Credential; readonly value: string }[],
  { settings, outputs, server }: Pick<LoadedStack, "settings" | "outputs" | "server">,
): Promise<(boolean | Error)[]> {
  const statuses = await server.curlStatuses(
    containers.grafana,
    values.map(({ credential, value }) => ({
      ...credentialProbes[credential].request(value, outputs, settings),
      "max-time": 20,
    })),
  );
  return values.map(({ credential }, index) => {
    const status = statuses[index];
    return typeof status === "number" ? isAccepted(credential, status) : (status ?? new Error("no answer"));
  });
}

function isAccepted(credential: Credential, status: number): boolean | Error {
  if ((status >= 200 && status < 300) || status === 400) {
    return true;
  }
  return status === 401
    ? false
    : new Error(`The check of the credential ${credential} was answered with status ${status}.`);
}
