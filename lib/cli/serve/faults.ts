/**
 * What can do faults to a running cluster, if that is allowed, and tells of them in its trace.
 *
 * @module
 */

import type { Cluster } from "../../replica/cluster.ts";
import type { Faults } from "../../replica/faults.ts";
import { TraceFile } from "../../trace/file.ts";
import type { ServeFlags } from "./flags.ts";
import { replicaSettings } from "./settings.ts";
import { epochUs } from "../../trace/moment.ts";

/** The faults of a cluster, with their way into its trace; dispose of it when the cluster has stopped. */
export class ServeFaults implements Disposable {
  /** Null if they are not allowed. */
  readonly injector: Faults | null;
  readonly #trace: TraceFile | null;

  /** None is under way. */
  constructor(flags: ServeFlags, cluster: Cluster) {
    const isAllowed = flags["allow-faults"];
    const { log = () => {}, trace } = replicaSettings(flags);
    this.#trace = isAllowed && trace !== undefined ? new TraceFile(trace, log) : null;
    this.injector = isAllowed
      ? cluster.faults((fault, phase, replica) => {
        const at = epochUs();
        this.#trace?.add({ type: "fault", at, fault, phase, replicas: [replica] });
      })
      : null;
  }

  /** Ends what is under way, and its part of the trace. */
  [Symbol.dispose](): void {
    this.injector?.[Symbol.dispose]();
    this.#trace?.[Symbol.dispose]();
  }
}
