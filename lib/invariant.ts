/**
 * Broken invariants: mistakes of ours, never of a user. They are checked always and stop the
 * replica, because a replica that goes on without them can lose what it said it had.
 *
 * @module
 */

/** A promise of the program to itself that did not hold. */
export class InvariantError extends Error {
  override name = "InvariantError";
}

/** Throws {@linkcode InvariantError} unless the condition holds. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(`Invariant broken: ${message}`);
}

/** Marks a case that the types exclude: the end of an exhaustive `switch`. */
export function unreachable(value: never): never {
  throw new InvariantError(`Invariant broken: unexpected ${String(value)}`);
}
