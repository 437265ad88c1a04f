import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import type { Named } from "../engine/serverContainer";
import { dataFolder } from "./ingestEndpoint";
import { ContainerScript } from "../engine/containerScript";
import type { ServerEngine } from "../engine/serverEngine";

/**
 * The self-signed roots of Let's Encrypt's staging server, which no system trusts.
 * Source: https://letsencrypt.org/docs/staging-environment/, static/certs/staging in https://github.com/letsencrypt/website
 */
const stagingRoots = join(__dirname, "letsEncryptStagingRoots.pem");

/** Seconds until the portal has signed. Of staging, the known roots are enough where it takes longer. */
const waitSeconds = 60;

export interface PortalCertificateArgs {
  readonly engine: ServerEngine;
  /** The container of the portal. */
  readonly portal: Named;
  /** The name that takes remote write. */
  readonly host: string;
  readonly certificates: Settings["certificates"];
  /** Whether the program runs the portal, and so makes a certificate that lasts. */
  readonly ours: boolean;
}

/** What a master must trust besides its system's authorities, in PEM; undefined where these are enough. */
export function preparePortalCertificate(
  name: string,
  { engine, portal, host, certificates, ours }: PortalCertificateArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> | undefined {
  if (certificates === "production") {
    return undefined;
  }
  const script = renderPortalCertificate({ host, certificates, ours });
  return pulumi.unsecret(new ContainerScript(name, { engine, container: portal, script }, opts).stdout);
}

interface PortalCertificateView extends Pick<PortalCertificateArgs, "host" | "ours"> {
  readonly certificates: "local" | "staging";
}

/** The shell script that prints them. */
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
  return `${dataFolder}/${host}/${certificates}`;
}
