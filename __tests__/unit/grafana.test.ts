import fc from "fast-check";
import { parse } from "yaml";
import { renderDataSource } from "../../components/server/grafana";
import { influxName } from "../support/arbitraries";
import type { RecordedResource } from "../support/recordResources";
import { containerInputs, containerType, find, recordServer } from "../support/recordServer";

const influxUrl = "http://influxdb:8086";

describe("Grafana", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  test("has a container with its data source, its token and its admin password as files", () => {
    expect(find(resources, containerType, "server-grafana").inputs).toEqual(
      containerInputs(
        {
          name: "grafana",
          networks: ["grafana"],
          healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:3000/api/health"],
          memory: 512,
          stopSeconds: 30,
        },
        {
          envs: [
            "GF_SECURITY_ADMIN_PASSWORD__FILE=/etc/grafana/secrets/admin-password",
            "GF_SERVER_ROOT_URL=https://grafana.example.com",
            "GF_ANALYTICS_REPORTING_ENABLED=false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES=false",
            "GF_USERS_ALLOW_SIGN_UP=false",
          ],
          volumes: [{ volumeName: "grafana-storage", containerPath: "/var/lib/grafana" }],
          uploads: [
            {
              file: "/etc/grafana/provisioning/datasources/influxdb.yaml",
              content: renderDataSource({ influxUrl, org: "pi-monitoring", bucket: "prometheus" }),
            },
            {
              file: "/etc/grafana/secrets/influxdb-token",
              content: { secret: "server-grafana-token-authorization-line-2" },
            },
            {
              file: "/etc/grafana/secrets/admin-password",
              content: { secret: "server-grafana-admin-password-result" },
            },
          ],
        },
      ),
    );
  });

  test("has a random admin password", () => {
    const password = find(
      resources,
      "random:index/randomPassword:RandomPassword",
      "server-grafana-admin-password",
    );
    expect(password.inputs).toEqual({ length: 32, special: false });
  });
});

test("any names that the settings accept are in the data source, with $ as Grafana wants it", () => {
  fc.assert(
    fc.property(influxName, influxName, (org, bucket) => {
      expect(parse(renderDataSource({ influxUrl, org, bucket }))).toEqual({
        apiVersion: 1,
        datasources: [
          {
            name: "InfluxDB",
            uid: "pi-monitoring-influxdb",
            type: "influxdb",
            access: "proxy",
            url: influxUrl,
            isDefault: true,
            editable: false,
            jsonData: {
              version: "Flux",
              organization: org.replaceAll("$", () => "$$"),
              defaultBucket: bucket.replaceAll("$", () => "$$"),
            },
            secureJsonData: { token: "$__file{/etc/grafana/secrets/influxdb-token}" },
          },
        ],
      });
    }),
    { numRuns: 500 },
  );
});
