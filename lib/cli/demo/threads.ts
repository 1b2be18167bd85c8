/**
 * Replicas as threads of this process: the scenery of the demos about late replicas.
 *
 * @module
 */

import { OrderCollector } from "../../chaos/order_collector.ts";
import { connect, FailoverClient } from "../../client/mod.ts";
import { invariant } from "../../invariant.ts";
import type { Cluster } from "../../replica/cluster.ts";
import { readLog } from "../../store/read_log.ts";
import type { Token } from "../../wire/message.ts";
import { traceIn, withOwnCluster } from "../own_cluster.ts";
import { AskersAt } from "./askers.ts";
import type { DemoRecord } from "./record.ts";
import type { Asker, SessionAsker, Threads } from "./scenery.ts";
import { TraceTail } from "./trace_tail.ts";

/** What the cluster is told. */
export interface ThreadsOptions {
  readonly replicas: number;
  /** How long a request waits that says nothing else. */
  readonly requestTimeoutMs: number;
  /** Where the total order is recorded. */
  readonly record: DemoRecord;
}

/**
 * Starts the threads, gives them to `use`, and leaves nothing behind.
 *
 * @throws {FailedError} if they do not start, or a replica fails
 */
export async function withThreads<T>(
  { replicas, requestTimeoutMs, record }: ThreadsOptions,
  signal: AbortSignal,
  use: (threads: Threads, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const settings = {
    replicas,
    consistency: "sequential",
    store: "sqlite",
    fsync: "always",
    requestTimeoutMs,
    applyDelayMs: 0,
    isTraced: true,
  } as const;
  return await withOwnCluster(settings, signal, async (cluster, signal, data) => {
    using threads = new ClusterThreads(cluster, requestTimeoutMs);
    const collector = new OrderCollector(
      replicas,
      (id, after, limit) => data === null ? [] : readLog(`${data}/${id}`, after, limit),
      (line) => record.add(line),
    );
    const tail = data === null ? null : new TraceTail(traceIn(data), replicas);
    record.traced = () => tail?.lines() ?? [];
    record.collect = () => cluster.replicas.forEach(({ id }) => collector.collect(id));
    return await use(threads, signal);
  });
}

class ClusterThreads implements Threads, Disposable {
  readonly #cluster: Cluster;
  readonly #requestTimeoutMs: number;
  readonly #askers: AskersAt;
  readonly #onlookers: AskersAt;

  constructor(cluster: Cluster, requestTimeoutMs: number) {
    this.#cluster = cluster;
    this.#requestTimeoutMs = requestTimeoutMs;
    const addresses = cluster.replicas.map(({ client }) => client);
    this.#askers = new AskersAt(addresses, requestTimeoutMs);
    this.#onlookers = new AskersAt(addresses, requestTimeoutMs);
  }

  get replicas(): number {
    return this.#cluster.replicas.length;
  }

  client(replica: number): Promise<Asker> {
    return this.#askers.at(replica);
  }

  onlooker(replica: number): Promise<Asker> {
    return this.#onlookers.at(replica);
  }

  async session(replica: number, token: Token): Promise<SessionAsker> {
    const client = await connect(this.#cluster.replicas[replica].client, {
      requestTimeoutMs: this.#requestTimeoutMs,
      session: true,
      token,
    });
    invariant(client instanceof FailoverClient, "a session is kept by a client that may move");
    return client;
  }

  setApplyDelay(ms: number, replica?: number): Promise<void> {
    return this.#cluster.setApplyDelay(ms, replica);
  }

  [Symbol.dispose](): void {
    this.#askers[Symbol.dispose]();
    this.#onlookers[Symbol.dispose]();
  }
}
