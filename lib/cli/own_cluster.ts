/**
 * A cluster for a demo or a benchmark: in this process, on free ports, in a folder that is gone
 * afterwards.
 *
 * @module
 */

import { Cluster, type ClusterOptions } from "../replica/cluster.ts";
import { beginTrace } from "../trace/file.ts";

/** What may be said of such a cluster; the rest is its own affair. */
export type OwnClusterOptions =
  & Omit<ClusterOptions, "host" | "port" | "peerPort" | "data" | "failed">
  & {
    /** Whether the replicas tell what they do, but not of clients, in {@linkcode traceIn} a folder. */
    readonly isTraced?: boolean;
  };

/** Where the trace is, in the folder of a run. */
export function traceIn(folder: string): string {
  return `${folder}/trace.jsonl`;
}

/**
 * Starts a cluster, gives it to `use`, and leaves nothing behind, whether `use` succeeds, fails
 * or is aborted. The signal that `use` gets aborts also if a replica fails;
 * what it gets last is the folder of the replicas' folders, null if they use none.
 *
 * @throws {FailedError} if the cluster does not start, or a replica fails
 */
export async function withOwnCluster<T>(
  options: OwnClusterOptions,
  signal: AbortSignal,
  use: (cluster: Cluster, signal: AbortSignal, data: string | null) => Promise<T>,
): Promise<T> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const { store, isTraced = false, replicas } = options;
  using folder = store === "memory" && !isTraced ? null : new OwnFolder();
  const trace = folder !== null && isTraced ? traceIn(folder.path) : options.trace;
  if (trace !== undefined) {
    beginTrace(trace, { replicas, clients: isTraced ? "themselves" : "servers" });
  }
  const cluster = await Cluster.start({
    ...options,
    trace,
    host: "127.0.0.1",
    port: 0,
    peerPort: 0,
    data: folder?.path ?? null,
    failed: (error) => failure.abort(error),
  }, either);
  try {
    const result = await use(cluster, either, folder?.path ?? null);
    failure.signal.throwIfAborted();
    return result;
  } catch (error) {
    // What failed then is only what followed from it.
    failure.signal.throwIfAborted();
    throw error;
  } finally {
    await cluster.stop();
  }
}

/** A temporary folder that goes with the program, even where that ends by `Deno.exit`. */
class OwnFolder {
  readonly path = Deno.makeTempDirSync({ prefix: "kvdist-own-" });
  readonly #remove = () => {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  };

  constructor() {
    globalThis.addEventListener("unload", this.#remove);
  }

  [Symbol.dispose](): void {
    globalThis.removeEventListener("unload", this.#remove);
    this.#remove();
  }
}
