/**
 * What a run adds to the trace of its replicas: what clients ask and are told, and what is done to
 * the cluster.
 *
 * @module
 */

import type { HistoryLine } from "../check/history.ts";
import { TraceFile } from "../trace/file.ts";
import { epochUs } from "../trace/moment.ts";
import type { Fault } from "./plan.ts";

/** A run's way into the trace. */
export class RunTrace implements Disposable {
  readonly #file: TraceFile;

  /** Adds to the trace, which has begun. */
  constructor(path: string) {
    // A trace that cannot be written ends at the replicas too, and they say so.
    this.#file = new TraceFile(path, () => {});
  }

  /** A line of the history, whose time began at this moment of this process, in milliseconds. */
  told(line: HistoryLine, beganMs: number): void {
    if (line.type === undefined) return;
    this.#file.add("at" in line ? { ...line, at: line.at + epochUs(beganMs) } : line);
  }

  /** A fault is done, or undone. */
  fault(fault: Fault, phase: "begin" | "end"): void {
    const ways = "ways" in fault ? fault.ways.map(({ from, to }) => [from, to] as const) : [];
    this.#file.add({
      type: "fault",
      at: epochUs(),
      fault: fault.kind,
      phase,
      replicas: "replica" in fault ? [fault.replica] : "replicas" in fault ? fault.replicas : [],
      ...(ways.length > 0 && { ways }),
    });
  }

  /** Writes what was added, and ends it. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
