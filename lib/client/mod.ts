/**
 * The client library: talk to a kvdist cluster, to one replica or to whichever of several answers.
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
 * @example Change by what is there, in the one order of all writes
 * ```ts
 * import { connect, RequestError } from "./mod.ts";
 * import { assert, assertEquals, assertRejects } from "@std/assert";
 * import { Cluster } from "../replica/cluster.ts";
 *
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
 * assertEquals(await client.incr("visits"), 1n);
 * assertEquals(await client.incr("visits", 41, { id: "once" }), 42n);
 * assertEquals(await client.incr("visits", 41, { id: "once" }), 42n); // asked again: the first answer
 *
 * assert(await client.setIfAbsent("leader", "me"));
 * assert(!await client.setIfAbsent("leader", "you"));
 * assert(await client.cas("leader", { expected: "me", value: "you" }));
 *
 * assertEquals(await client.append("leader", "!"), 4); // bytes
 * const error = await assertRejects(() => client.incr("leader"), RequestError);
 * assertEquals([error.code, error.maybe], ["not_a_number", false]);
 * await client.rename("leader", "led");
 * assertEquals(await client.keys("le"), ["led"]);
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
 * @example A session: another client that is given the token sees at least as much
 * ```ts
 * import { connect, FailoverClient } from "./mod.ts";
 * import { assert, assertEquals } from "@std/assert";
 * import { Cluster } from "../replica/cluster.ts";
 *
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
 *   applyDelayMs: 200, // what was delivered is applied later, so that reads can be stale
 * });
 *
 * using writer = await connect(cluster.replicas[0].client, { session: true });
 * assert(writer instanceof FailoverClient);
 * await writer.set("x", "42");
 * assertEquals(await writer.get("x"), "42"); // waits until that is applied
 *
 * using reader = await connect(cluster.replicas[1].client);
 * assertEquals(await reader.get("x", { token: writer.token }), "42"); // elsewhere too
 *
 * writer.close();
 * reader.close();
 * await cluster.stop();
 * ```
 *
 * @module
 */

export { type Address, formatAddress, parseAddress, parseAddresses } from "./address.ts";
export { Client, type ConnectOptions, type Move } from "./client.ts";
export { bytesOf, textOf } from "../bytes.ts";
export { connect } from "./connect.ts";
export { Connection } from "./connection.ts";
export { FailoverClient } from "./failover.ts";
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
  type Change as ChangeOperation,
  type Condition,
  type Delete as DeleteOperation,
  type Failure,
  FAILURES,
  type Named as NamedOperation,
  type Result,
  type Set as SetOperation,
  type Write,
  type WriteOperation,
} from "../wire/write.ts";
export {
  type Given,
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
export {
  type Answered,
  type KindCounts,
  type Latencies,
  REQUEST_KINDS,
  type RequestCounts,
  type RequestKind,
} from "../wire/request_counts.ts";
