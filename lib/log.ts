/**
 * What a server tells of itself while it runs: events, and their two forms as text.
 *
 * @module
 */

/** How much an event matters, least first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** How much an event matters. */
export type LogLevel = typeof LOG_LEVELS[number];

/** Something that happened, with the facts of it. */
export interface LogEvent {
  /** How much it matters. */
  readonly level: LogLevel;
  /** The replica that it happened at; none: the whole server. */
  readonly replica?: number;
  /** What happened, in a few words. */
  readonly event: string;
  /** Further facts by name. */
  readonly [fact: string]: unknown;
}

/** Takes events as they happen. */
export type Log = (event: LogEvent) => void;

/** Whether an event of this level is told when `least` is asked for. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/**
 * The event as one line for people.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { logLine } from "./log.ts";
 *
 * const event = { level: "info", replica: 1, event: "view live", members: [0, 1, 2] } as const;
 * assertEquals(
 *   logLine(event, new Date(0)),
 *   "1970-01-01T00:00:00.000Z info  replica 1: view live members=[0,1,2]",
 * );
 * ```
 */
export function logLine(event: LogEvent, time: Date): string {
  const { level, replica, event: words, ...facts } = event;
  const who = replica === undefined ? "server" : `replica ${replica}`;
  const told = Object.entries(facts)
    .filter(([, fact]) => fact !== undefined)
    .map(([name, fact]) => ` ${name}=${factText(fact)}`);
  return `${time.toISOString()} ${level.padEnd(5)} ${who}: ${plain(words)}${told.join("")}`;
}

/** The event as one line of JSON. */
export function logJson(event: LogEvent, time: Date): string {
  return JSON.stringify({ time: time.toISOString(), ...event }, errorsAsText);
}

/** A word stays as it is; what has spaces or controls in it is quoted. */
function factText(fact: unknown): string {
  if (typeof fact === "string" && /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(fact)) return fact;
  return JSON.stringify(fact, errorsAsText) ?? String(fact);
}

/** A line stays a line, whatever an event's words are made of. */
function plain(words: string): string {
  return words.replaceAll(/\p{Cc}/gu, " ");
}

function errorsAsText(_name: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === "bigint" ? String(value) : value;
}
