/**
 * The client library: talk to one replica of a kvdist cluster.
 *
 * Start three replicas (`kvdist serve`), then:
 *
 * @example Set, get, and a hundred requests under way at once
 * ```ts
 * import { connect } from "./mod.ts";
 * import { assertEquals } from "@std/assert";
 * import { Cluster } from "../replica/cluster.ts";
 *
 * // Of its own for this example; one that runs already: connect(9889), connect("host:9889").
 * const cluster = await Cluster.start({
 *   replicas: 3,
 *   consistency: "sequential",
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
 * using client = await connect(cluster.replicas[0].client);
 * await client.set("x", "42");
 * assertEquals(await client.get("x"), "42");
 * assertEquals(await client.get("y"), undefined);
 *
 * const keys = Array.from({ length: 100 }, (_, i) => `key-${i}`);
 * await Promise.all(keys.map((key) => client.set(key, "0"))); // one write, one round trip
 * assertEquals((await client.dump("key-")).size, 100);
 *
 * client.close();
 * await cluster.stop();
 * ```
 *
 * @example What a failure says
 * ```ts
 * import { connect, ConnectionError, RequestError, TimeoutError } from "./mod.ts";
 *
 * try {
 *   using client = await connect("127.0.0.1:1", { timeoutMs: 1_000 });
 *   await client.set("x", "42", { consistency: "sequential" });
 * } catch (error) {
 *   if (error instanceof RequestError) {
 *     console.log(error.code, error.message); // the replica's own answer
 *   } else if (error instanceof ConnectionError || error instanceof TimeoutError) {
 *     console.log(error.message); // no answer
 *   } else throw error;
 *   console.log(error.maybe ? "x may be 42, now or later" : "x was certainly not set");
 * }
 * ```
 *
 * @module
 */

export { type Address, formatAddress, parseAddress } from "./address.ts";
export { Client, connect, type ConnectOptions } from "./client.ts";
export { type Consistency, CONSISTENCY_LEVELS, isConsistency } from "../consistency.ts";
export {
  ConnectionError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  RequestError,
  TimeoutError,
  UsageError,
} from "../errors.ts";
export { WIRE_LIMITS, type WireLimits } from "../limits.ts";
export {
  type Missing,
  type OutcomeDetails,
  OUTCOMES,
  type PeerStatus,
  type ReplicaState,
  type Reply,
  type Request,
  type RequestOptions,
  type RequestOutcome,
  type Status,
  type Suspect,
  type Token,
} from "../wire/message.ts";
