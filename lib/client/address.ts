/**
 * The addresses that a client is given.
 *
 * @module
 */

import { UsageError } from "../errors.ts";

/** Where a replica listens for clients. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly hostname: string;
  /** 1 … 65535. */
  readonly port: number;
}

/** The host of an address that names none. */
const LOCALHOST = "127.0.0.1";

const PORT_MAX = 65_535;

/** An IPv6 address in brackets or a name or IPv4 address; or nothing; then the port. */
const FORM = /^(?:(?:\[([0-9a-fA-F:.]+(?:%[^\s\]]+)?)\]|([^\s:/[\]@]+))?:)?(\d{1,5})$/;

/**
 * The address that a text or number names: `9889`, `:9889`, `host:9889` or `[::1]:9889`. Without
 * a host it is this machine, 127.0.0.1.
 *
 * @throws {UsageError} if it names none
 */
export function parseAddress(text: string | number): Address {
  const [, ipv6, host, digits] = FORM.exec(String(text)) ?? [];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > PORT_MAX) {
    throw new UsageError(
      `${JSON.stringify(text)} is no address: expected a port (9889), host:port or [IPv6]:port`,
    );
  }
  return { hostname: ipv6 ?? host ?? LOCALHOST, port };
}

/** The address as {@linkcode parseAddress} reads it. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/**
 * The addresses that an array names, or a text with commas between them. What is named twice
 * counts once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatAddress, parseAddresses } from "./address.ts";
 *
 * assertEquals(parseAddresses("9889,replica-b:9889").map(formatAddress), [
 *   "127.0.0.1:9889",
 *   "replica-b:9889",
 * ]);
 * ```
 *
 * @throws {UsageError} if one is no address, or there is none
 */
export function parseAddresses(list: string | number | readonly (string | number)[]): Address[] {
  const texts = typeof list === "object" ? list : String(list).split(",");
  if (texts.length === 0) throw new UsageError("there is no address");
  const addresses = texts.map((text) =>
    parseAddress(typeof text === "string" ? text.trim() : text)
  );
  return [...new Map(addresses.map((address) => [formatAddress(address), address])).values()];
}
