/**
 * The smallest part of something that still shows what is wrong with the whole.
 *
 * Source: A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
 * TSE 28(2), 2002: leave out large pieces first, then ever smaller ones.
 *
 * @module
 */

/** What the search for a smallest part needs to know. */
export interface SmallestOptions<T> {
  /** Whether these parts show what is wrong. */
  readonly isBad: (parts: readonly T[]) => boolean;
  /** Without the parts that make no sense by themselves, since others are missing. */
  readonly closed: (parts: readonly T[]) => readonly T[];
  /** How many parts `isBad` may look at, all times together. */
  readonly workMax: number;
}

/** As few of the parts as show what is wrong; all of them do. No single one can be left out. */
export function smallest<T>(parts: readonly T[], options: SmallestOptions<T>): readonly T[] {
  const { isBad, closed, workMax } = options;
  let work = 0;
  let size = Math.ceil(parts.length / 2);
  let isProgress = false;
  let from = 0;
  while (parts.length > 1 && work < workMax) {
    const fewer = closed(parts.toSpliced(from, size));
    work += fewer.length;
    if (fewer.length > 0 && isBad(fewer)) {
      parts = fewer;
      isProgress = true;
    } else {
      from += size;
    }
    if (from < parts.length) continue;
    from = 0;
    if (size === 1 && !isProgress) break;
    if (!isProgress) size = Math.ceil(size / 2);
    size = Math.min(size, Math.max(1, Math.ceil(parts.length / 2)));
    isProgress = false;
  }
  return parts;
}
