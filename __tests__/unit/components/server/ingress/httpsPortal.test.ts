import fc from "fast-check";
import {
  defaultServers,
  renderIngestSite,
  renderPortalStart,
} from "../../../../../components/server/ingress/httpsPortal";
import { renderHeartbeatRelay } from "../../../../../components/server/ingress/heartbeatRelay";
import { renderPortalCertificate } from "../../../../../components/server/ingress/portalCertificate";
import { domain } from "../../../../support/arbitraries";
import {
  containerInputs,
  containerType,
  find,
  localCommandType,
  recordServer,
  volumeType,
} from "../../../../support/recordServer";

const telegraf = { host: "telegraf.example.com", upstream: "http://telegraf:8080" };
const startFile = { file: "/etc/https-portal/start.sh", content: renderPortalStart() };
const ingestSite = "/var/lib/nginx-conf/telegraf.example.com.ssl.conf.erb";

test("a service may have a name that is not of the domain", async () => {
  const resources = await recordServer({ names: { grafana: "pi.example.org" } });
  const envs = (find(resources, containerType, "server-https-portal").inputs as { envs: string[] }).envs;
  expect(envs[0]).toContain(", pi.example.org -> http://grafana:3000, telegraf.example.com -> ");
  const grafana = (find(resources, containerType, "server-grafana").inputs as { envs: string[] }).envs;
  expect(grafana).toContain("GF_SERVER_ROOT_URL=https://pi.example.org");
});

test("the portal has a container with ports, a site of its own for remote write, and no secret", async () => {
  const { inputs } = find(await recordServer(), containerType, "server-https-portal");
  expect(inputs).toEqual(
    containerInputs(
      {
        name: "https-portal",
        networks: ["influxdb", "telegraf", "grafana"],
        healthCheck: [],
        memory: 256,
        stop: { signal: "SIGTERM", seconds: 15 },
      },
      {
        entrypoints: ["sh", "/etc/https-portal/start.sh"],
        healthcheck: {
          tests: ["CMD-SHELL", "service nginx status && test -e /tmp/names-status"],
          interval: "5s",
          timeout: "5s",
          retries: 12,
          startPeriod: "4m0s",
        },
        envs: [
          "DOMAINS=influxdb.example.com -> http://influxdb:8086, grafana.example.com -> http://grafana:3000, " +
            "telegraf.example.com -> http://telegraf:8080",
          "STAGE=production",
          "DYNAMIC_UPSTREAM=true",
          "RESOLVER=127.0.0.11 ipv6=off valid=5s",
          "WEBSOCKET=true",
          "CUSTOM_NGINX_SERVER_CONFIG_BLOCK=location /metrics { return 404; }",
          "CUSTOM_NGINX_GLOBAL_HTTP_CONFIG_BLOCK=server { listen 8080; location = /status { stub_status; } }",
          "SERVER_NAMES_HASH_BUCKET_SIZE=128",
          `DEFAULT_SERVER_BLOCK=${defaultServers}`,
          "S6_KILL_GRACETIME=200",
        ],
        ports: [
          { internal: 80, external: 80 },
          { internal: 443, external: 443 },
        ],
        volumes: [
          { volumeName: "https-portal", containerPath: "/var/lib/https-portal" },
          { volumeName: "ingest-spool", containerPath: "/var/spool/ingest" },
        ],
        uploads: [startFile, { file: ingestSite, content: renderIngestSite(telegraf, "production") }],
      },
    ),
  );
});

test("a portal that does not answer for Telegraf has no site for remote write", async () => {
  const resources = await recordServer({ expose: { telegraf: false }, certificates: "local" });
  expect(find(resources, containerType, "server-https-portal").inputs["uploads"]).toEqual([startFile]);
  expect(resources.map(({ name }) => name)).not.toContain("server-https-portal-certificate");
});

test("the portal's volume has the certificates", async () => {
  const volume = find(await recordServer(), volumeType, "server-https-portal-volume");
  expect(volume.inputs["name"]).toBe("https-portal");
});

test.each(["local", "staging"] as const)(
  "what signs certificates that no system trusts (%s) is asked of the portal",
  async (certificates) => {
    const resources = await recordServer({ certificates });
    const { inputs } = find(resources, localCommandType, "server-https-portal-certificate");
    expect(inputs["create"]).toBe("docker exec -i https-portal sh -s");
    expect(inputs["stdin"]).toEqual({
      secret: renderPortalCertificate({ host: "telegraf.example.com", certificates, ours: true }),
    });
  },
);

test("certificates of an authority that each system trusts need nothing beside it", async () => {
  const names = (await recordServer({ certificates: "production" })).map(({ name }) => name);
  expect(names).not.toContain("server-https-portal-certificate");
});

test("any domain that the settings accept can be written for nginx", () => {
  fc.assert(
    fc.property(domain, (name) => {
      const host = `telegraf.${name}`;
      const site = renderIngestSite({ ...telegraf, host }, "production");
      expect(site).toContain(`\n    server_name ${host};\n`);
      expect(site).toContain(`\n    ssl_certificate /var/lib/https-portal/${host}/production/chained.crt;\n`);
    }),
  );
});

const heartbeat = { url: "https://kuma.example.com/api/push/SECRET?status=up" };

interface Relayed {
  readonly envs?: readonly string[];
  readonly uploads: readonly { readonly file: string; readonly content: unknown }[];
  readonly networksAdvanced: readonly { readonly name: string; readonly aliases: readonly string[] }[];
}

test("the portal calls a push monitor by GET; the address is in a secret file only", async () => {
  const resources = await recordServer({ contactPoints: { heartbeat } });
  const inputs = find(resources, containerType, "server-https-portal").inputs as unknown as Relayed;
  expect(inputs.uploads).toContainEqual({
    file: "/etc/nginx/heartbeat-relay.conf",
    content: { secret: renderHeartbeatRelay(heartbeat.url) },
  });
  expect(inputs.envs?.join("\n")).toContain("} include /etc/nginx/heartbeat-relay.conf;\n");
  expect(inputs.envs?.join("\n")).not.toContain("SECRET");
  const grafana = inputs.networksAdvanced.find(({ name }) => name === "grafana");
  expect(grafana?.aliases).toEqual(["https-portal", "heartbeat-relay"]);
});

test("with an existing portal, the ingest proxy relays, on Grafana's network too", async () => {
  const existing = { httpsPortal: "portal" };
  const proxyOf = async (contactPoints: object): Promise<Relayed> =>
    find(await recordServer({ existing, contactPoints }), containerType, "server-ingest-gate")
      .inputs as unknown as Relayed;
  const { uploads, networksAdvanced } = await proxyOf({ heartbeat });
  expect(uploads.map(({ file }) => file)).toEqual([
    "/etc/nginx/nginx.conf",
    "/etc/nginx/heartbeat-relay.conf",
  ]);
  expect(uploads[0]?.content).toContain("\n    include /etc/nginx/heartbeat-relay.conf;\n}\n");
  expect(networksAdvanced).toEqual(
    ["telegraf", "grafana"].map((name) => ({ name, aliases: ["ingest", "telegraf", "heartbeat-relay"] })),
  );
  const without = await proxyOf({ heartbeat: { ...heartbeat, method: "POST" } });
  expect(without.networksAdvanced).toEqual([{ name: "telegraf", aliases: ["ingest", "telegraf"] }]);
});
