/**
 * Time on a processor.
 *
 * @module
 */

import process from "node:process";

/** Milliseconds that this thread has run; null where the runtime does not tell (Deno 2.4). */
export function threadCpuMs(): number | null {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => { user: number; system: number } };
  if (threadCpuUsage === undefined) return null;
  const { user, system } = threadCpuUsage();
  return (user + system) / 1000;
}
