/**
 * The colours of all pages, by what they are for.
 *
 * @module
 */

/** Of a light page, and of a dark one. */
type Pair = readonly [light: string, dark: string];

const BLUE: Pair = ["#2f66a3", "#86b6ec"];
const GREEN: Pair = ["#167345", "#46c486"];
const AMBER: Pair = ["#8a5a00", "#e3a83b"];
const PURPLE: Pair = ["#8b3fa0", "#d69be6"];
const RED: Pair = ["#b3261e", "#ff8a80"];

/** What something lies on. */
const GROUNDS = {
  page: ["#fbfcfd", "#14171a"],
  card: ["#ffffff", "#1a1e22"],
  soft: ["#eef1f4", "#20252a"],
  live: ["#e3edf8", "#1d2b3a"],
  installed: ["#f4ecd2", "#3a3218"],
  outside: ["#f1e2e2", "#3a2222"],
} satisfies Record<string, Pair>;

/** What is read. */
const WORDS = {
  text: ["#1b1f24", "#e6e9ec"],
  dim: ["#57606a", "#a3adb6"],
  good: GREEN,
  bad: RED,
  plain: BLUE,
} satisfies Record<string, Pair>;

/** What is drawn; `c0` and so on are lines beside each other. */
const MARKS = {
  apply: ["#0b6b3a", "#5fd39a"],
  fault: RED,
  target: AMBER,
  c0: BLUE,
  c1: GREEN,
  c2: AMBER,
  c3: PURPLE,
  c4: RED,
} satisfies Record<string, Pair>;

/** What parts things that would be apart without it. */
const RULES = { line: ["#d0d7de", "#3b434b"] } satisfies Record<string, Pair>;

/** All of them. */
export const COLOURS = { GROUNDS, WORDS, MARKS, RULES } as const;

/**
 * As a style: `--page` and so on, as the system's theme is, or as `data-theme` of the document says.
 * What is printed is light. A picture that the report exports is no `html`: it stays as it was.
 */
export const COLOUR_STYLE = `:root {${scheme("light", 0)}}
@media screen {
:root[data-theme=dark] {${scheme("dark", 1)}}
}
@media screen and (prefers-color-scheme: dark) {
html:not([data-theme]) {${scheme("dark", 1)}}
}
`;

function scheme(name: string, which: 0 | 1): string {
  const colours = Object.values(COLOURS).flatMap((roles) => Object.entries<Pair>(roles));
  const lines = colours.map(([role, pair]) => `--${role}: ${pair[which]}`);
  return [`color-scheme: ${name}`, ...lines].join("; ");
}
