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
