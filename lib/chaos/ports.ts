/**
 * Ports that stay ours while a replica is down.
 *
 * @module
 */

import { FailedError } from "../errors.ts";

/**
 * Systems give outgoing connections ports from 32768 or 49152 on. One of those could be gone when
 * a replica that was killed wants it back.
 */
const PORT_MIN = 12_000;
const PORT_MAX = 32_000;

const TRIES_MAX = 1_000;

/** So many ports on which nobody listens now. */
export function freePorts(count: number): number[] {
  const listeners: Deno.TcpListener[] = [];
  try {
    for (let tries = 0; listeners.length < count; tries++) {
      if (tries === TRIES_MAX) throw new FailedError("there are too few free ports here");
      const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
      const listener = listenOn(port);
      if (listener !== null) listeners.push(listener);
    }
    return listeners.map(({ addr }) => addr.port);
  } finally {
    for (const listener of listeners) listener.close();
  }
}

function listenOn(port: number): Deno.TcpListener | null {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return null;
    throw error;
  }
}
