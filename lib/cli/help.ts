/**
 * Help texts, made from the flag tables.
 *
 * @module
 */

import { duration } from "../show/quantity.ts";
import { displayWidth, labelled, WIDTH, wrap } from "../show/text.ts";
import { envName, type Flag, type FlagTable } from "./flags.ts";

/** What a subcommand's help says. */
export interface Help {
  /** How it is called: a form a line. */
  readonly usage: readonly string[];
  /** What it does: a paragraph each. */
  readonly about: readonly string[];
  /** Further lists, such as commands: a term and what it means. */
  readonly lists?: readonly { title: string; entries: readonly (readonly [string, string])[] }[];
  /** The flags. */
  readonly flags: FlagTable;
  /** Whether the flags can come from the environment too. */
  readonly env?: boolean;
  /** Command lines, each with what it shows. */
  readonly examples?: readonly (readonly [line: string, about: string])[];
}

/** No term is given more room than this before its text. */
const TERM_CELLS_MAX = 28;

/** The help text, in lines of at most 80 cells. */
export function helpText({ usage, about, lists = [], flags, env, examples = [] }: Help): string {
  const own: FlagTable = {
    ...flags,
    help: { kind: "boolean", about: "Print this text." },
  };
  const flagEntries = Object.entries(own).map(([name, flag]) =>
    [flagTerm(name, flag), flagText(name, flag, env === true && name !== "help")] as const
  );
  const parts = [
    usage.map((line, i) => `${i === 0 ? "Usage: " : "       "}${line}`),
    ...about.map((paragraph) => wrap(paragraph, WIDTH)),
    ...lists.map(({ title, entries }) => [`${title}:`, ...definitions(entries)]),
    ["Flags:", ...definitions(flagEntries)],
    ...(examples.length === 0 ? [] : [["Examples:", ...exampleLines(examples)]]),
  ];
  return parts.map((lines) => lines.join("\n")).join("\n\n");
}

/** Terms and their texts in two columns. */
export function definitions(entries: readonly (readonly [string, string])[]): string[] {
  const room = Math.max(...entries.map(([term]) => displayWidth(term)).filter(isShort)) + 4;
  return entries.flatMap(([term, text]) => {
    if (isShort(displayWidth(term))) return labelled(`  ${term}`.padEnd(room), text);
    return [`  ${term}`, ...labelled(" ".repeat(room), text)];
  });
}

function isShort(cells: number): boolean {
  return cells <= TERM_CELLS_MAX;
}

function exampleLines(examples: readonly (readonly [string, string])[]): string[] {
  return examples.flatMap(([line, about]) => [`  ${line}`, ...labelled("      ", about)]);
}

function flagTerm(name: string, flag: Flag): string {
  return flag.kind === "boolean" ? `--${name}` : `--${name} ${flag.value ?? "VALUE"}`;
}

function flagText(name: string, flag: Flag, env: boolean): string {
  const facts = [
    ...(flag.kind === "choice" ? [`one of ${flag.choices.join(", ")}`] : []),
    ...defaultFact(flag),
    ...(env ? [envName(name)] : []),
  ];
  return facts.length === 0 ? flag.about : `${flag.about} (${facts.join("; ")})`;
}

function defaultFact(flag: Flag): string[] {
  if (flag.kind === "boolean" || flag.kind === "list") return [];
  if (flag.default === undefined) return [];
  if (flag.kind !== "duration") return [`default ${flag.default}`];
  return [`default ${flag.default === 0 ? "0" : asFlag(flag.default)}`];
}

/** The duration as one would write it in a flag. */
function asFlag(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : duration(ms).replaceAll(" ", "");
}
