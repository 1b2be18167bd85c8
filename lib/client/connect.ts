/**
 * The way in: addresses to a client.
 *
 * @module
 */

import { parseAddresses } from "./address.ts";
import type { Client, ConnectOptions } from "./client.ts";
import { connectTo } from "./connection.ts";
import { FailoverClient } from "./failover.ts";

/**
 * Connects to a replica: `9889` (on this machine), `"host:9889"`, `"[::1]:9889"`; or to one of
 * several, `"9889,9890,9891"` or an array of them. Of several, it goes to the next when it loses
 * one or gets no answer in time from it, and asks there again: reads freely, writes under an id,
 * so that each is applied once. {@linkcode ConnectOptions.session} does the same with one address.
 *
 * @example Three addresses: any one of the replicas may go
 * ```ts
 * import { connect } from "./mod.ts";
 * import { assertEquals } from "@std/assert";
 * import { Cluster } from "../replica/cluster.ts";
 *
 * // Of its own for this example; one that runs already: connect("9889,9890,9891").
 * const cluster = await Cluster.start({
 *   replicas: 3,
 *   consistency: "eventual",
 *   host: "127.0.0.1",
 *   port: 0,
 *   peerPort: 0,
 *   data: null,
 *   store: "memory",
 *   fsync: "always",
 *   requestTimeoutMs: 5_000,
 *   applyDelayMs: 0,
 * });
 *
 * const addresses = cluster.replicas.map((replica) => replica.client);
 * using client = await connect(addresses, {
 *   moved: ({ to, reason }) => console.error(`moved to ${to}: ${reason}`),
 * });
 * await client.set("x", "42", { consistency: "sequential" });
 * assertEquals(await client.get("x"), "42"); // its own write, at whichever replica
 *
 * client.close();
 * await cluster.stop();
 * ```
 *
 * @throws {UsageError} if an address is none
 * @throws {ConnectionError} if nobody listens there, or the name is not known
 * @throws {TimeoutError} if there is no connection in time
 */
export async function connect(
  addresses: string | number | readonly (string | number)[],
  options: ConnectOptions = {},
): Promise<Client> {
  const targets = parseAddresses(addresses);
  const isSession = options.session || options.token !== undefined;
  if (targets.length === 1 && !isSession) return await connectTo(targets[0], options);
  return await FailoverClient.open(targets, options);
}
