/**
 * What can be done to a running replica, for teaching and testing: its form, and who does it.
 *
 * @module
 */

/** The kinds. */
export const FAULT_KINDS = ["pause", "cut", "delay", "kill"] as const;

/** A kind of fault. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What is done to a replica; `ms` says for how long. */
export type Fault =
  /** It does nothing at all. */
  | { readonly kind: "pause"; readonly ms: number }
  /** It has no link to any peer. */
  | { readonly kind: "cut"; readonly ms: number }
  /** What it delivers is applied later, by `byMs`. */
  | { readonly kind: "delay"; readonly ms: number; readonly byMs: number }
  /** It ends at once, and is started again as after a failure. */
  | { readonly kind: "kill" };

/** A fault that has begun and not ended. */
export interface FaultUnderWay {
  /** To whom it is done. */
  readonly replica: number;
  readonly fault: FaultKind;
  /** Milliseconds until it ends; null where that is not known. */
  readonly leftMs: number | null;
  /** Of a delay: how many milliseconds later is applied. */
  readonly byMs?: number;
}

/** Does it. */
export interface FaultInjector {
  /** The replicas that it can be done to. */
  readonly replicas: readonly number[];
  /** By replica, each at most once. */
  readonly underWay: readonly FaultUnderWay[];
  /**
   * Does it to this replica from now on, in place of what is done to it already.
   *
   * @throws {RequestError} if the replica does not run
   */
  begin(replica: number, fault: Fault): Promise<void>;
  /**
   * Ends what is done to this replica.
   *
   * @throws {RequestError} if that is nothing, or if it ends by itself
   */
  end(replica: number): Promise<void>;
}
