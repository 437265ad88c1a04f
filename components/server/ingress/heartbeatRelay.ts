import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { isRelayed, relayName, relayPort } from "../../settings/heartbeat";
import { userInfoOf } from "../../settings/contactAddresses";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import type { ContainerFile } from "../engine/serverContainer";

/** The file with the relay's configuration in a container that has an nginx. It holds the monitor's address. */
const relayFile = "/etc/nginx/heartbeat-relay.conf";

/** Of Debian, which the portal's image comes from. */
const authoritiesFile = "/etc/ssl/certs/ca-certificates.crt";

/** What a container with an nginx needs to call the push monitor by GET; nothing where Grafana calls it. */
export interface HeartbeatRelay {
  readonly files: readonly ContainerFile[];
  readonly aliases: readonly string[];
  /** What stands in the block `http` of its nginx. */
  readonly include: string;
}

export function heartbeatRelay({ contactPoints }: Pick<Settings, "contactPoints">): HeartbeatRelay {
  const { heartbeat } = contactPoints;
  return heartbeat === undefined || !isRelayed(heartbeat)
    ? { files: [], aliases: [], include: "" }
    : {
        files: [{ path: relayFile, content: pulumi.secret(renderHeartbeatRelay(heartbeat.url)) }],
        aliases: [relayName],
        include: `include ${relayFile};`,
      };
}

/** The nginx configuration of the relay; it holds the monitor's address. */
export function renderHeartbeatRelay(url: string): string {
  const userInfo = userInfoOf(url);
  return render(join(__dirname, "heartbeatRelay.conf.mustache"), "nginx", {
    monitor: requestOf(url),
    authorization: userInfo === undefined ? "" : `Basic ${basicCredential(userInfo)}`,
    relayPort,
    authoritiesFile,
  });
}

/** A URL as nginx takes it: with a path, and without a user and a fragment. */
function requestOf(url: string): string {
  const [, scheme = "", address = "", rest = ""] =
    /^(https?:\/\/)(?:[^/?#]*@)?([^/?#]*)([^#]*)/.exec(url) ?? [];
  return `${scheme}${address}${rest.startsWith("/") ? "" : "/"}${rest}`;
}

/** What a client makes of `user:password@`, in which every octet may be escaped. */
function basicCredential(userInfo: string): string {
  const [user = "", ...password] = userInfo.split(":");
  return Buffer.from([user, password.join(":")].map(decode).join(":"), "latin1").toString("base64");
}

const decode = (text: string): string =>
  text.replace(/%(..)/g, (_, octet: string) => String.fromCharCode(Number.parseInt(octet, 16)));
