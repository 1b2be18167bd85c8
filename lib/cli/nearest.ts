/**
 * What a mistyped word was perhaps meant to be.
 *
 * @module
 */

/** ` (did you mean …?)` with the known word nearest to this one, or nothing if none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let nearest: string | undefined;
  let least = Math.floor(word.length / 3) + 1;
  for (const candidate of known) {
    const steps = candidate.startsWith(word) && word.length > 1 ? 0 : editSteps(word, candidate);
    if (steps < least) [nearest, least] = [candidate, steps];
  }
  return nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
}

/** Letters to insert, delete, replace or swap with the next, to make one word of the other. */
function editSteps(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[from.length][to.length];
}
