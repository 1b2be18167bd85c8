/**
 * What is judged, and what a judgement says.
 *
 * @module
 */

/** What a history is held to, strongest first. */
export const GUARANTEES = [
  "linearizable",
  "sequential",
  "session",
  "convergence",
  "present",
] as const;

/** One of {@linkcode GUARANTEES}. */
export type Guarantee = typeof GUARANTEES[number];

/** Whether the text names a guarantee. */
export function isGuarantee(text: string): text is Guarantee {
  return GUARANTEES.some((guarantee) => guarantee === text);
}

/** What breaks a guarantee: the smallest set of facts that cannot all be. */
export interface Violation {
  /** What is wrong, for people. */
  readonly text: string;
  /** The rows of the operations' first tries, ascending. */
  readonly operations: readonly number[];
  /** The rows of the entries of the total order that matter, ascending. */
  readonly entries: readonly number[];
  /** The numbers of keys whose final values matter, ascending. */
  readonly finals: readonly number[];
}

/** A judgement of one guarantee; `judged` says of how many operations, or keys for convergence. */
export type Verdict =
  /** All that was judged keeps it; if that is nothing, there was nothing to judge. */
  | { readonly verdict: "ok"; readonly judged: number }
  | { readonly verdict: "illegal"; readonly judged: number; readonly violation: Violation }
  /** It could not be decided, and why. */
  | { readonly verdict: "unknown"; readonly judged: number; readonly why: string };

/** The judgements that were asked for. */
export type Verdicts = Readonly<Partial<Record<Guarantee, Verdict>>>;

/** The worst word of all: illegal, else unknown, else ok. */
export function worst(verdicts: Verdicts): Verdict["verdict"] {
  const words = Object.values(verdicts).map(({ verdict }) => verdict);
  if (words.includes("illegal")) return "illegal";
  return words.includes("unknown") ? "unknown" : "ok";
}

/** What else than its text belongs to a violation. */
export interface Evidence {
  /** The rows of operations, in any order, perhaps several times. */
  readonly operations?: readonly number[];
  /** The rows of entries of the total order. */
  readonly entries?: readonly number[];
  /** The numbers of keys. */
  readonly finals?: readonly number[];
}

/** A violation; rows below 0 stand for nothing and are left out. */
export function violationOf(text: string, evidence: Evidence): Violation {
  return {
    text,
    operations: ascending(evidence.operations),
    entries: ascending(evidence.entries),
    finals: ascending(evidence.finals),
  };
}

function ascending(rows: readonly number[] = []): number[] {
  return [...new Set(rows)].filter((row) => row >= 0).sort((a, b) => a - b);
}
