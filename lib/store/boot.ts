/**
 * What a store notes of the machine's run in which it is used: so that the next start can tell a
 * killed process, which forgets nothing, from a power cut, which may.
 *
 * @module
 */

import { BOOT_TOLERANCE_MS } from "../limits.ts";

/** When what must be safe is forced to disk: before it is answered, each second, or never by us. */
export type Fsync = "always" | "interval" | "never";

/** In the store from before its first commit until it is closed; after that while it `forgot`. */
export interface BootNote {
  /** When the machine was started, in milliseconds of its clock; null if that is not told. */
  readonly at: number | null;
  /** The weakest setting that something was written with and not forced since. */
  readonly fsync: Fsync;
  /** Whether the replica may have shown more than is here, and has not yet been told it again. */
  readonly forgot: boolean;
}

/** When the machine was started, in milliseconds of its clock; null if that is not told. */
export function bootTime(): number | null {
  try {
    return Date.now() - Deno.osUptime() * 1000;
  } catch {
    return null;
  }
}

/** Whether the machine has run ever since the note. */
export function isThisBoot({ at }: BootNote): boolean {
  const boot = bootTime();
  return at !== null && boot !== null && Math.abs(at - boot) < BOOT_TOLERANCE_MS;
}

/** Of two settings, the one that promises less. */
export function weaker(a: Fsync, b: Fsync): Fsync {
  const order: readonly Fsync[] = ["never", "interval", "always"];
  return order.indexOf(a) < order.indexOf(b) ? a : b;
}
