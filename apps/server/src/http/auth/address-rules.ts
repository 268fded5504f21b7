/**
 * Which Host and Origin headers this service answers. A page of another site can make a browser send requests here, and DNS rebinding can even
 * give that page our address as its own; both carry the other site's name in one of these two headers.
 */

import { isIP } from "node:net";
import { hostname } from "node:os";

export interface AddressRules {
  allowsHost(hostHeader: string | undefined): boolean;
  /** @param hostHeader of the same request: a page that this service served has the same origin. */
  allowsOrigin(origin: string, hostHeader: string | undefined): boolean;
  /** Other sites' pages that may read replies (CORS): only those configured, never our own origin's list. */
  isCorsOrigin(origin: string): boolean;
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const WILDCARDS = new Set(["0.0.0.0", "::", "[::]", ""]);

export function addressRules(config: {
  /** The address listened on. */
  host: string;
  publicUrl: string | null;
  allowedHosts: readonly string[];
  corsOrigins: readonly string[];
}): AddressRules {
  const isWildcard = WILDCARDS.has(config.host);
  const names = new Set(LOOPBACK_NAMES);
  if (config.publicUrl !== null) names.add(new URL(config.publicUrl).hostname.toLowerCase());
  for (const host of config.allowedHosts) names.add(host.toLowerCase());
  if (isWildcard) names.add(hostname().toLowerCase());
  else names.add(isIP(config.host) === 6 ? `[${config.host}]` : config.host.toLowerCase());
  const corsOrigins = new Set(config.corsOrigins.map((origin) => new URL(origin).origin));
  const publicOrigin = config.publicUrl === null ? null : new URL(config.publicUrl).origin;

  const allowsHost = (hostHeader: string | undefined): boolean => {
    const name = hostName(hostHeader);
    if (name === null) return false;
    if (names.has(name)) return true;
    // Rebinding needs a name. Who listens on every interface is reached by any of the machine's addresses.
    return isWildcard && isIP(name.replace(/^\[|\]$/g, "")) !== 0;
  };
  return {
    allowsHost,
    allowsOrigin(origin, hostHeader) {
      if (origin === publicOrigin || corsOrigins.has(origin)) return true;
      const parsed = URL.canParse(origin) ? new URL(origin) : null;
      // Behind a proxy that ends TLS the page's scheme differs from ours, so the host (with its port) alone decides.
      return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.host === hostHeader?.toLowerCase();
    },
    isCorsOrigin: (origin) => corsOrigins.has(origin),
  };
}

/** `Example.org:8080` → `example.org`; `null` when it is no host at all. */
function hostName(header: string | undefined): string | null {
  if (header === undefined || !/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(header)) return null;
  return header.replace(/:\d{1,5}$/, "").toLowerCase();
}
