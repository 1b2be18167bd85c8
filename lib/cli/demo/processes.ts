/**
 * Replicas as processes of their own, with a proxy in each link: the scenery of the demos about
 * crashes and cuts.
 *
 * @module
 */

import { ChaosCluster } from "../../chaos/cluster.ts";
import { OrderCollector } from "../../chaos/order_collector.ts";
import { FailedError } from "../../errors.ts";
import { beginTrace } from "../../trace/file.ts";
import { readLog } from "../../store/read_log.ts";
import { runFolder } from "../chaos/folder.ts";
import { ownProgram } from "../chaos/own_program.ts";
import { traceIn } from "../own_cluster.ts";
import { AskersAt } from "./askers.ts";
import type { DemoRecord } from "./record.ts";
import type { Asker, Processes } from "./scenery.ts";
import { TraceTail } from "./trace_tail.ts";

/** What the cluster is told. */
export interface ProcessesOptions {
  readonly replicas: number;
  /** How long a request waits that says nothing else. */
  readonly requestTimeoutMs: number;
  /** Where the total order is recorded. */
  readonly record: DemoRecord;
}

/**
 * Starts the processes, gives them to `use`, and leaves none behind. The signal that `use` gets
 * aborts also if a replica ends by itself.
 *
 * @throws {FailedError} if they do not start, or one ends by itself
 */
export async function withProcesses<T>(
  options: ProcessesOptions,
  signal: AbortSignal,
  use: (processes: Processes, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const folder = await runFolder(undefined);
  try {
    const trace = traceIn(folder.path);
    beginTrace(trace, { replicas: options.replicas, clients: "themselves" });
    const tail = new TraceTail(trace, options.replicas);
    options.record.traced = () => tail.lines();
    await using cluster = new ChaosCluster({
      replicas: options.replicas,
      data: folder.path,
      isTemporary: folder.isTemporary,
      program: ownProgram(folder.path),
      serveFlags: ["--trace", trace],
      crashed: (_, why) => failure.abort(new FailedError(why)),
    });
    await cluster.start();
    either.throwIfAborted();
    using processes = new ClusterProcesses(cluster, options);
    return await use(processes, either);
  } catch (error) {
    // What failed then is only what followed from it.
    if (!signal.aborted) failure.signal.throwIfAborted();
    throw error;
  } finally {
    await folder.remove();
  }
}

class ClusterProcesses implements Processes, Disposable {
  readonly #cluster: ChaosCluster;
  readonly #askers: AskersAt;
  readonly #onlookers: AskersAt;
  readonly #collector: OrderCollector;
  readonly #record: DemoRecord;
  /** By replica: what ends the fault that keeps it down, in the record. */
  readonly #down = new Map<number, () => void>();

  constructor(cluster: ChaosCluster, { replicas, requestTimeoutMs, record }: ProcessesOptions) {
    this.#cluster = cluster;
    this.#record = record;
    this.#askers = new AskersAt(cluster.addresses, requestTimeoutMs);
    this.#onlookers = new AskersAt(cluster.addresses, requestTimeoutMs);
    this.#collector = new OrderCollector(
      replicas,
      (id, after, limit) => readLog(cluster.replicas[id].folder, after, limit),
      (line) => record.add(line),
    );
    record.collect = () => this.#collect();
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

  isUp(replica: number): boolean {
    return this.#cluster.replicas[replica].isUp;
  }

  start(replica: number): Promise<void> {
    this.#down.get(replica)?.();
    this.#down.delete(replica);
    return this.#cluster.replicas[replica].start();
  }

  async kill(replica: number): Promise<void> {
    await this.#cluster.replicas[replica].kill();
    this.#down.set(replica, this.#record.fault("kill", [replica]));
  }

  async wipe(replica: number): Promise<void> {
    this.#collector.collect(replica);
    await Deno.remove(this.#cluster.replicas[replica].folder, { recursive: true });
    this.#collector.forget(replica);
  }

  cutOff(replica: number): () => void {
    const others = this.#cluster.replicas.filter(({ id }) => id !== replica);
    const healed = this.#record.fault("cut", [replica]);
    const opens = others.flatMap(({ id }) => [
      this.#cluster.cut({ from: id, to: replica }),
      this.#cluster.cut({ from: replica, to: id }),
    ]);
    return () => {
      opens.forEach((open) => open());
      healed();
    };
  }

  [Symbol.dispose](): void {
    this.#askers[Symbol.dispose]();
    this.#onlookers[Symbol.dispose]();
  }

  /** One that is just starting is left alone: it must find its store unused. */
  #collect(): void {
    for (const { id, isReady } of this.#cluster.replicas) {
      if (isReady) this.#collector.collect(id);
    }
  }
}
