/**
 * Finding a replica that answers.
 *
 * @module
 */

import { ConnectionError, reason, RequestError, TimeoutError } from "../errors.ts";
import { CONNECT_TIMEOUT_MS, CONNECT_TIMEOUT_OF_SEVERAL_MS } from "../limits.ts";
import type { Status } from "../wire/message.ts";
import { type Address, formatAddress } from "./address.ts";
import type { ConnectOptions } from "./client.ts";
import { type Connection, connectTo } from "./connection.ts";

/** A connection on which the replica has answered. */
export interface Reached {
  /** The connection. */
  readonly connection: Connection;
  /** What the replica said of itself; null if it answered with an error. */
  readonly status: Status | null;
}

/**
 * Connects, and waits for the replica's status: whoever only listens, such as a stopped process,
 * counts as nobody.
 *
 * @throws {ConnectionError | TimeoutError} if nobody answers there in time
 */
export async function reach(address: Address, options: ConnectOptions): Promise<Reached> {
  const { timeoutMs = CONNECT_TIMEOUT_MS } = options;
  const deadline = performance.now() + timeoutMs;
  const connection = await connectTo(address, { ...options, timeoutMs });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const words = `connected, and no answer in ${timeoutMs / 1000} s`;
    late.reject(new TimeoutError(`nobody answers at ${connection.address}: ${words}`));
  }, Math.max(0, deadline - performance.now()));
  try {
    return { connection, status: await Promise.race([connection.status(), late.promise]) };
  } catch (error) {
    if (error instanceof RequestError) return { connection, status: null };
    connection.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reaches the first of the addresses, in this order, whose replica is in a working view; if none
 * is, the first that answers.
 *
 * @throws {ConnectionError | TimeoutError} if none answers: the only one's, or all in one
 */
export async function reachFirst(
  addresses: readonly Address[],
  options: ConnectOptions,
): Promise<Reached> {
  if (addresses.length === 1) return await reach(addresses[0], options);
  const { timeoutMs = CONNECT_TIMEOUT_OF_SEVERAL_MS } = options;
  let answers: Reached | null = null;
  const failures: string[] = [];
  for (const address of addresses) {
    try {
      const reached = await reach(address, { ...options, timeoutMs });
      if (reached.status?.state === "live") {
        answers?.connection.close();
        return reached;
      }
      if (answers === null) answers = reached;
      else reached.connection.close();
    } catch (error) {
      failures.push(reason(error));
    }
  }
  if (answers !== null) return answers;
  const where = addresses.map(formatAddress).join(", ");
  throw new ConnectionError(`no replica answers at ${where} (${failures.join("; ")})`);
}
