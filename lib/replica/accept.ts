/**
 * Accepting connections, whatever the system says in between.
 *
 * @module
 */

import { reason } from "../errors.ts";
import { ACCEPT_PAUSE_MS } from "../limits.ts";
import type { Log } from "../log.ts";

/**
 * Gives every connection to `take`, until the listener is closed. When the system has no file
 * descriptor left, it says so once and tries again after a pause: those connected go on.
 */
export async function acceptAll(
  listener: Deno.TcpListener,
  take: (conn: Deno.TcpConn) => void,
  log: Log,
): Promise<void> {
  let told = false;
  for (;;) {
    try {
      take(await listener.accept());
      told = false;
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
        return;
      }
      // That client has gone again before it was taken; the next one has not.
      if (error instanceof Deno.errors.NotConnected) continue;
      if (!told) {
        const remedy = "close some clients, or raise the limit (ulimit -n)";
        log({ level: "error", event: "cannot accept a connection", reason: reason(error), remedy });
      }
      told = true;
      await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
    }
  }
}
