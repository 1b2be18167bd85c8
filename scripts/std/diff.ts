/** How failing assertions show two values. */

/** Past this many lines the middle of two texts is shown as it is: the table grows with the square. */
const DIFF_LINES_MAX = 1000;

/** A value in full, keys sorted, so that equal values give equal text. */
export function format(value: unknown): string {
  return Deno.inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
    getters: true,
  });
}

/** The lines of both values: `-` only in the actual, `+` only in the expected one. */
export function diff(actual: unknown, expected: unknown): string {
  const lines = (value: unknown) => (typeof value === "string" ? value : format(value)).split("\n");
  return `\n\n    [Diff] Actual / Expected\n\n\n${
    diffLines(lines(actual), lines(expected)).join("\n")
  }\n`;
}

function diffLines(a: string[], b: string[]): string[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const same = (line: string) => `    ${line}`;
  return [
    ...a.slice(0, start).map(same),
    ...diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

/** Walks the longest common subsequence. */
function diffMiddle(a: string[], b: string[]): string[] {
  const gone = (line: string) => `-   ${line}`;
  const come = (line: string) => `+   ${line}`;
  if (Math.max(a.length, b.length) > DIFF_LINES_MAX) return [...a.map(gone), ...b.map(come)];
  const common = a.map(() => new Uint32Array(b.length + 1));
  common.push(new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i][j] = a[i] === b[j]
        ? common[i + 1][j + 1] + 1
        : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const shown: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      shown.push(`    ${a[i++]}`);
      j++;
    } else if (j === b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) {
      shown.push(gone(a[i++]));
    } else {
      shown.push(come(b[j++]));
    }
  }
  return shown;
}
