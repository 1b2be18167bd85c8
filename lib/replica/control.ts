/**
 * What the main thread and the worker of a replica tell each other. Only how to start and to
 * stop, and which fault to show: replicas speak with each other over TCP alone.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import type { WireLimits } from "../limits.ts";
import type { LogEvent } from "../log.ts";
import type { Fsync, StoreFacts } from "../store/sqlite.ts";
import type { PeerAddress } from "./links.ts";

/** What a worker is told once, first. */
export interface WorkerOptions {
  readonly id: number;
  readonly replicas: number;
  readonly suspectAfterMs: number;
  /** The operator allows a view although a majority of the folders is new. */
  readonly force: boolean;
  readonly consistency: Consistency;
  /** Where to listen for clients. */
  readonly hostname: string;
  /** Where to listen for peers. */
  readonly peerHostname: string;
  /** 0: a free one. */
  readonly port: number;
  /** 0: a free one. */
  readonly peerPort: number;
  /** The replica's folder; null to keep everything in memory. */
  readonly folder: string | null;
  readonly fsync: Fsync;
  readonly requestTimeoutMs: number;
  readonly applyDelayMs: number;
  readonly limits: WireLimits;
  /** The trace to add to; null for none. */
  readonly trace: string | null;
}

/** To a worker, in this order; the delay, a pause and a cut at any time, `stop` too. */
export type ToWorker =
  /** Look whether the ports and the folder can be used; write nothing. */
  | { readonly type: "inspect"; readonly options: WorkerOptions }
  /** Open the folder, and make it if there is none; serve. */
  | { readonly type: "open" }
  /** Dial these peers; by id. */
  | { readonly type: "connect"; readonly peers: readonly PeerAddress[] }
  | { readonly type: "apply_delay"; readonly ms: number }
  /** Do nothing at all for so long, or until `wake` is no longer 0. */
  | { readonly type: "pause"; readonly ms: number; readonly wake: Int32Array }
  /** Have no link to any peer, or have them again. */
  | { readonly type: "cut"; readonly isCut: boolean }
  /** Take no more requests; finish those that were accepted. */
  | { readonly type: "drain" }
  | { readonly type: "stop" };

/** Why a replica has failed: its folder, its peers' word, or anything else. */
export type FailureKind = "folder" | "refused" | "other";

/** From a worker. */
export type FromWorker =
  /** The answer to `inspect`: the folder's facts, null if there is none. */
  | { readonly type: "inspected"; readonly facts: StoreFacts | null }
  /** The answer to `open`. */
  | { readonly type: "listening"; readonly client: PeerAddress; readonly peer: PeerAddress }
  /** Live in a view for the first time. */
  | { readonly type: "live" }
  | { readonly type: "apply_delay_set" }
  /** The pause begins. */
  | { readonly type: "paused" }
  | { readonly type: "cut_set" }
  | { readonly type: "log"; readonly event: LogEvent }
  /** It cannot start, or cannot go on. */
  | { readonly type: "failed"; readonly text: string; readonly kind: FailureKind }
  | { readonly type: "drained" }
  | { readonly type: "stopped" };
