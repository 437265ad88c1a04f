import type { Stack } from "../../../scripts/stack/stack";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { influxWithCurlConfig } from "./influx";

/** A session of the admin of InfluxDB, which can remove what it has made. */
export interface AdminSession {
  readonly orgId: string;
  /** Calls the API and returns the answer, which must not be an error. */
  readonly api: (path: string, ...options: string[]) => Promise<string>;
  /** Makes buckets; returns a token that may read them. */
  readonly makeBuckets: (names: readonly string[]) => Promise<string>;
  /** Writes samples in line protocol, whose times are in seconds. */
  readonly write: (bucket: string, lines: string) => Promise<void>;
  readonly removeAll: () => Promise<void>;
}

export async function signInAsAdmin(stack: Stack): Promise<AdminSession> {
  const { influxdb, influxdbAdminPassword } = await stack.outputs();
  const cookies = "/tmp/admin";
  const samples = "/tmp/samples";
  const login = `user = "${influxdb.adminUser}:${influxdbAdminPassword}"\ncookie-jar = "${cookies}"\n`;
  expect((await influxWithCurlConfig(login, "signin", "-X", "POST")).status).toBe(204);

  const api = async (path: string, ...options: string[]): Promise<string> => {
    const { status, body } = await influxWithCurlConfig(`cookie = "${cookies}"\n`, path, ...options);
    expect({ body, ok: status < 300 }).toEqual({ body, ok: true });
    return body;
  };
  const { orgs } = JSON.parse(await api("orgs")) as { orgs: { id: string }[] };
  const orgId = orgs[0]?.id ?? "";
  const made: string[] = [];
  const make = async (path: string, properties: object): Promise<{ id: string; token?: string }> => {
    const answer = JSON.parse(await api(path, "--data", JSON.stringify({ orgID: orgId, ...properties }))) as {
      id: string;
      token?: string;
    };
    made.push(`${path}/${answer.id}`);
    return answer;
  };

  return {
    orgId,
    api,
    makeBuckets: async (names) => {
      const permissions: object[] = [];
      for (const name of names) {
        const { id } = await make("buckets", { name, retentionRules: [] });
        permissions.push({ action: "read", resource: { type: "buckets", id, orgID: orgId } });
      }
      return (await make("authorizations", { permissions })).token ?? "";
    },
    write: async (bucket, lines) => {
      // curl runs in Grafana's container, and its standard input has the login, so the samples go through a file.
      await exec("vps", ["docker", "exec", "-i", "grafana", "sh", "-c", `cat >${samples}`], lines);
      await api(`write?orgID=${orgId}&bucket=${bucket}&precision=s`, "--data-binary", `@${samples}`);
    },
    removeAll: async () => {
      for (const path of made) {
        await api(path, "-X", "DELETE");
      }
      await exec("vps", ["docker", "exec", "grafana", "rm", "-f", samples, cookies]);
    },
  };
}
