import type { z } from "zod";
import { certificates, object, ofEachService, wholeNumber } from "./fields";
import type { Service } from "./serviceNames";

export const ingressSettings = object({
  // One below 1024 is for the web server itself: 80, 443, and that of SSH.
  loopback: ofEachService(wholeNumber(1024, 65535, "").optional())
    .optional()
    .describe(
      "The port of the server's 127.0.0.1 to which its own web server, on ports 80 and 443, leads the name of this service; one without a port is not exposed. No https-portal is made then. See docs/fronts.md.",
    ),
  ca: certificates
    .optional()
    .describe(
      "With `ingress.loopback`: the authority that the masters trust, where the certificate of that web server is not from a public one.",
    ),
}).prefault({});

/** What answers HTTPS on the server. */
export type Ingress =
  /** The program's own https-portal. */
  | { readonly kind: "portal" }
  /** An https-portal that the user runs. */
  | { readonly kind: "existing"; readonly container: string }
  /** A web server that the user runs, which leads to ports of the server's loopback address. */
  | {
      readonly kind: "loopback";
      readonly ports: Readonly<Partial<Record<Service, number>>>;
      /** The authority, in PEM, that has signed the web server's certificate, unless it is a public one. */
      readonly ca: string | undefined;
    };

interface ParsedIngress {
  readonly ingress: z.output<typeof ingressSettings>;
  readonly existing: { readonly httpsPortal?: string | undefined };
}

/** The ingress as the settings describe it, which the cross-checks have accepted. */
export function ingressOf({ ingress, existing }: ParsedIngress): Ingress {
  if (ingress.loopback !== undefined) {
    return { kind: "loopback", ports: ingress.loopback, ca: ingress.ca };
  }
  return existing.httpsPortal === undefined
    ? { kind: "portal" }
    : { kind: "existing", container: existing.httpsPortal };
}

/** The authority, in PEM, that has signed the certificate of the user's web server, unless it is a public one. */
export function privateAuthority(ingress: Ingress): string | undefined {
  return ingress.kind === "loopback" ? ingress.ca : undefined;
}
