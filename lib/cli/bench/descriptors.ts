/**
 * File descriptors: whether there are enough for the connections asked for.
 *
 * @module
 */

import { FailedError } from "../../errors.ts";

/** What is open besides the clients' connections: stores, links, the runtime's own. */
const OTHERS = 64;

/** Whether the error, or what caused it, is that no more files can be opened. */
export function isTooManyFiles(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (/too many open files|EMFILE|\(os error 24\)/i.test(at.message)) return true;
  }
  return false;
}

/** The error that says what to do about it. */
export function tooManyFiles(clients: number, needed: number): FailedError {
  return new FailedError(
    `too few file descriptors for ${clients} clients: about ${needed} are needed; ` +
      `raise the limit with ulimit -n ${needed}, or ask for fewer --clients`,
  );
}

/** How many descriptors a load needs here; with replicas of its own there are two to a connection. */
export function descriptorsFor(clients: number, own: boolean): number {
  return clients * (own ? 2 : 1) + OTHERS;
}

/**
 * Tries whether that many connections within this process can be open at once, so that it is not
 * the replicas that find out.
 *
 * @throws {FailedError} if not
 */
export async function checkDescriptors(clients: number): Promise<void> {
  const open: Disposable[] = [];
  try {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    open.push(listener);
    const { port } = listener.addr;
    for (let pairs = clients + OTHERS / 2; pairs > 0; pairs--) {
      open.push(await Deno.connect({ hostname: "127.0.0.1", port }));
      open.push(await listener.accept());
    }
  } catch (error) {
    if (isTooManyFiles(error)) throw tooManyFiles(clients, descriptorsFor(clients, true));
    throw error;
  } finally {
    for (const conn of open) conn[Symbol.dispose]();
  }
}
