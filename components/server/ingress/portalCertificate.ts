import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import { nameOfService } from "../../settings/serviceNames";
import type { DockerObject } from "../engine/serverContainer";
import { ingressDataFolder, type IngestEndpointArgs } from "./ingestEndpoint";
import { ContainerScript } from "../engine/containerScript";

/**
 * The self-signed roots of Let's Encrypt's staging server, which no system trusts.
 * Source: https://letsencrypt.org/docs/staging-environment/, static/certs/staging in https://github.com/letsencrypt/website
 */
const stagingRoots = join(__dirname, "letsEncryptStagingRoots.pem");

/** How long the script waits for the portal's certificate. For staging, the known roots are enough after that. */
const waitSeconds = 60;

interface Portal {
  /** Its container. */
  readonly portal: DockerObject;
  /** Whether the program runs the portal, and so replaces a self-signed certificate by one that lasts. */
  readonly ours: boolean;
}

/**
 * Replaces the portal's self-signed certificate for remote write by one that lasts, and returns what a master must trust
 * besides its system's authorities, in PEM; undefined where these are enough.
 */
export function preparePortalCertificate(
  name: string,
  { placement, settings }: IngestEndpointArgs,
  { portal, ours }: Portal,
  parent: pulumi.Resource,
): pulumi.Output<string> | undefined {
  const { certificates, expose } = settings;
  if (!expose.telegraf || certificates === "production") {
    return undefined;
  }
  const script = renderPortalCertificate({ host: nameOfService("telegraf", settings), certificates, ours });
  const { stdout } = new ContainerScript(
    name,
    { engine: placement.engine, place: portal, script },
    { parent },
  );
  return pulumi.unsecret(stdout);
}

interface PortalCertificateView extends Pick<Portal, "ours"> {
  /** The name that takes remote write. */
  readonly host: string;
  readonly certificates: "local" | "staging";
}

/** The shell script that does both. */
export function renderPortalCertificate({ host, certificates, ours }: PortalCertificateView): string {
  return render(join(__dirname, "portalCertificate.sh.mustache"), "shell", {
    host,
    folder: certificateFolder(host, certificates),
    waitSeconds,
    selfSigned: certificates === "local",
    ours,
    roots: readFileSync(stagingRoots, "utf8"),
  });
}

/** Where the portal keeps the certificate of a name. Source: https-portal 1.25, `Domain#dir`. */
export function certificateFolder(host: string, certificates: Settings["certificates"]): string {
  return `${ingressDataFolder}/${host}/${certificates}`;
}
