/**
 * Flags: one table for each subcommand, from which come parsing, the values from `KVDIST_…` in
 * the environment, and the help text.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../errors.ts";
import type { Environment } from "./environment.ts";
import { didYouMean } from "./nearest.ts";

interface Described {
  /** What it does, for the help text. */
  readonly about: string;
  /** What stands for its value in the help text, such as `PORT`. */
  readonly value?: string;
}

/** One flag: its kind of value, what it does, and its value when not given. */
export type Flag =
  | Described & { readonly kind: "boolean" }
  | Described & { readonly kind: "text"; readonly default?: string }
  /** May be given several times: all its values, in order. In the environment: with commas. */
  | Described & { readonly kind: "list" }
  /** A whole number in a range. */
  | Described & {
    readonly kind: "count";
    readonly min?: number;
    readonly max?: number;
    readonly default?: number;
  }
  /** A time with its unit, such as `300ms`; its value is in milliseconds. */
  | Described & {
    readonly kind: "duration";
    readonly min?: number;
    readonly max?: number;
    readonly default?: number;
  }
  | Described & {
    readonly kind: "choice";
    readonly choices: readonly string[];
    readonly default?: string;
  };

/** A subcommand's flags by name, without the dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

type Missing<F> = F extends { readonly default: string | number } ? never : undefined;

type Value<F> = F extends { readonly kind: "boolean" } ? boolean
  : F extends { readonly kind: "list" } ? readonly string[]
  : F extends { readonly kind: "choice"; readonly choices: readonly (infer C)[] } ? C | Missing<F>
  : F extends { readonly kind: "text" } ? string | Missing<F>
  : number | Missing<F>;

/** The values of a table's flags; undefined if not given and without a default. */
export type Values<T extends FlagTable> = { readonly [Name in keyof T]: Value<T[Name]> };

/** What a command line says. */
export interface Parsed<T extends FlagTable> {
  /** The flags' values. */
  readonly flags: Values<T>;
  /** The arguments that belong to no flag, in order. */
  readonly args: string[];
}

/** Where else values come from. */
export interface ParseOptions {
  /** If given, a flag that is not on the command line is looked up here as `KVDIST_…`. */
  readonly env?: Environment;
}

/**
 * Reads a command line. What stands after `--` belongs to no flag, even with a dash in front;
 * negative numbers need no `--`.
 *
 * @throws {UsageError} for an unknown flag, a missing value, or a value of the wrong kind
 */
export function parseFlags<T extends FlagTable>(
  table: T,
  argv: readonly string[],
  { env }: ParseOptions = {},
): Parsed<T> {
  const names = Object.keys(table);
  const given: Record<string, unknown> & { _: (string | number)[] } = parseArgs(
    protect(table, argv),
    {
      // Told to be text, values and arguments such as 042 stay as they are.
      string: ["_", ...names],
      collect: names.filter((name) => table[name].kind === "list"),
      unknown(arg: string, key?: string) {
        if (key !== undefined) throw unknownFlag(arg, names);
      },
    },
  );
  const flags: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(table)) {
    const texts = [given[name] ?? []].flat().map((text) => restore(String(text)));
    // A variable that is set to nothing is not set.
    const text = texts.at(-1) ?? (env?.(envName(name)) || undefined);
    const source = texts.length > 0 ? `--${name}` : envName(name);
    if (flag.kind === "list") flags[name] = texts.length > 0 ? texts : text?.split(",") ?? [];
    else flags[name] = text === undefined ? defaultOf(flag) : read(flag, text, source);
  }
  return { flags: flags as Values<T>, args: given._.map((arg) => restore(String(arg))) };
}

/** The variable that a flag's value can come from. */
export function envName(flag: string): string {
  return `KVDIST_${flag.toUpperCase().replaceAll("-", "_")}`;
}

/** In front of an argument that begins with a dash and is no flag. None on a command line has it. */
const MARK = "\0";

/** Makes the arguments say to `parseArgs` what they say to people. */
function protect(table: FlagTable, argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  const rest = end < 0 ? [] : argv.slice(end);
  return [
    ...words.map((word, i) => {
      if (/^-\.?\d/.test(word)) return MARK + word;
      const [, name, equals, value] = /^--([^=]+)(=?)(.*)$/s.exec(word) ?? [];
      if (name === undefined || !Object.hasOwn(table, name)) return word;
      if (table[name].kind === "boolean") return equals ? word : `${word}=true`;
      const next = words[i + 1];
      const isMissing = equals
        ? value === ""
        : next === undefined || next === "" || /^-(?!\.?\d)/.test(next);
      if (isMissing) throw new UsageError(`--${name} needs a value`);
      return word;
    }),
    ...rest,
  ];
}

function restore(arg: string): string {
  return arg.startsWith(MARK) ? arg.slice(MARK.length) : arg;
}

function unknownFlag(arg: string, names: readonly string[]): UsageError {
  const flag = arg.replace(/=.*$/s, "");
  const hint = didYouMean(flag, [...names, "help", "version"].map((name) => `--${name}`));
  return new UsageError(`unknown flag ${flag}${hint}`);
}

function defaultOf(flag: Exclude<Flag, { kind: "list" }>): string | number | boolean | undefined {
  return flag.kind === "boolean" ? false : flag.default;
}

function read(
  flag: Exclude<Flag, { kind: "list" }>,
  text: string,
  source: string,
): string | number | boolean {
  switch (flag.kind) {
    case "boolean":
      return readBoolean(text, source);
    case "text":
      return text;
    case "count":
      return inRange(flag, readCount(text, source), text, source);
    case "duration":
      return inRange(flag, parseDuration(text, source), text, source);
    case "choice":
      if (flag.choices.includes(text)) return text;
      throw new UsageError(
        `${source} must be one of ${flag.choices.join(", ")}, and is ${JSON.stringify(text)}` +
          didYouMean(text, flag.choices),
      );
  }
}

function readBoolean(text: string, source: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw new UsageError(`${source} must be true or false, and is ${JSON.stringify(text)}`);
}

function readCount(text: string, source: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new UsageError(`${source} must be a whole number, and is ${JSON.stringify(text)}`);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * A time with its unit as milliseconds: `300ms`, `1.5s`, `2m`, `1h`.
 *
 * @throws {UsageError} naming the source if it is none
 */
export function parseDuration(text: string, source: string): number {
  const [, number, unit] = /^(-?\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * UNIT_MS[unit];
  if (/^0+$/.test(text)) return 0;
  const why = /^-?[\d.]+$/.test(text) ? `needs a unit: ${text}ms or ${text}s?` : "is no duration";
  throw new UsageError(
    `${source} ${why}${why.endsWith("?") ? "" : `: ${JSON.stringify(text)}; try 300ms, 5s or 1m`}`,
  );
}

function inRange(
  { kind, min = 0, max = Infinity }: { kind: string; min?: number; max?: number },
  value: number,
  text: string,
  source: string,
): number {
  if (value >= min && value <= max) return value;
  const unit = kind === "duration" ? " ms" : "";
  const range = max === Infinity ? `at least ${min}${unit}` : `from ${min} to ${max}${unit}`;
  throw new UsageError(`${source} must be ${range}, and is ${text}`);
}
