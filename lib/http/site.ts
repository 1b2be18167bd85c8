/**
 * Who may ask: programs, and pages that this server itself has given; no page of another site.
 *
 * A browser lets any page send requests to this machine. It says in `Origin` and `Sec-Fetch-Site`
 * where the page is from, and in `Host` which name the page has used for this server: a name of its
 * own that was made to point here (DNS rebinding) would else make it a page of the same origin.
 *
 * Source: W3C Fetch Metadata Request Headers, section 4.
 *
 * @module
 */

import { HttpError } from "./failure.ts";

/** What a request says of where it is from and where it goes. */
export interface Site {
  readonly method: string;
  /** What stands for a host in the request's target, or for it. */
  readonly authority: string;
  /** The request's headers. */
  readonly headers: Pick<Headers, "get">;
}

/**
 * Refuses what another site's page has sent.
 *
 * @throws {HttpError} if the request is not for this server, or not from where it may be
 */
export function checkSite({ method, authority, headers }: Site, listening: string): void {
  const host = headers.get("host") ?? authority;
  for (const name of [host, authority]) {
    if (!isOwnHost(name, listening)) throw foreignHost(name);
  }
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    throw foreign(`a page of ${JSON.stringify(origin)}`);
  }
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return;
  // A link leads here: its page sees nothing of the answer.
  const isLink = headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document" && method === "GET";
  if (!isLink) throw foreign("a page of another site");
}

/**
 * Whether the host, as a request names it, is one that a server listening there may be called by:
 * this machine's own names, or the one it was started with. On all addresses it has many, and any
 * of them will do, since none of them is a name that someone else can point here.
 */
export function isOwnHost(host: string, listening: string): boolean {
  const name = hostnameOf(host);
  if (name === null) return false;
  if (name === "localhost" || name === "::1" || /^127\.\d+\.\d+\.\d+$/.test(name)) return true;
  if (name === listening.toLowerCase()) return true;
  const isAnywhere = listening === "0.0.0.0" || listening === "::";
  return isAnywhere && (name.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(name));
}

const HOST = /^(?:\[([0-9a-f:.]+)\]|([^\s:/\\[\]@?#,]+))(?::\d{1,5})?$/i;

/** The name or address in `name:port` or `[IPv6]:port`; null if that is neither. */
function hostnameOf(host: string): string | null {
  const [, ipv6, name] = HOST.exec(host) ?? [];
  return (ipv6 ?? name)?.toLowerCase() ?? null;
}

function foreignHost(host: string): HttpError {
  const text =
    `this server is not called ${JSON.stringify(host.slice(0, 100))}: use its address, ` +
    "or start it with --http-host and that name";
  return new HttpError(403, "unauthorized", text);
}

function foreign(who: string): HttpError {
  return new HttpError(403, "unauthorized", `${who} may not use this server`);
}
