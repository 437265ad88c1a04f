import type { ParsedSettings } from "./schema";
import type { Service } from "./serviceNames";

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

/** The ingress as the settings describe it, which the cross-checks have accepted. */
export function ingressOf({ ingress, existing }: Pick<ParsedSettings, "ingress" | "existing">): Ingress {
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
