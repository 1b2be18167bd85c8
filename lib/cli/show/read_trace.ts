/**
 * Reads traces from files, several as one.
 *
 * @module
 */

import { HistoryError, reason, UsageError } from "../../errors.ts";
import { HISTORY_LINE_BYTES_MAX, HISTORY_READ_BYTES } from "../../limits.ts";
import { decodeTraceHeader, decodeTraceLine } from "../../trace/decode.ts";
import type { TraceHeader, TraceLine } from "../../trace/line.ts";
import { isObject, parseJson } from "../../wire/json.ts";

/** A trace, in the order of time. */
export interface Trace extends Pick<TraceHeader, "replicas" | "began"> {
  readonly lines: readonly TraceLine[];
  /** How many of them are from before the window: where the replicas stood, what was done to them. */
  readonly before: number;
  /** How many lines of the time that was asked for were left out, since they are too many. */
  readonly leftOut: number;
  /** How many lines could not be read, and are missing; none if not given. */
  readonly unread?: number;
}

/** What is read of it. */
export interface TraceWindow {
  /** From here on, in milliseconds since it began. */
  readonly fromMs?: number;
  /** Up to here. */
  readonly toMs?: number;
  /** Only lines of these types. */
  readonly types?: ReadonlySet<TraceLine["type"]>;
  /** At most so many lines, the first. */
  readonly linesMax?: number;
}

/**
 * The trace in the files: of one run, each with what some of its replicas told. What stands before
 * the window is read only for where the replicas stood, and what was being done to them.
 *
 * @throws {UsageError} if one cannot be read, or is no trace of as many replicas
 */
export function readTrace(paths: readonly string[], window: TraceWindow = {}): Trace {
  const twice = paths.find((path, i) => paths.indexOf(path) < i);
  if (twice !== undefined) throw new UsageError(`${twice} is named twice`);
  const headers = paths.map((path) => named(path, () => headerOf(path)));
  const [{ replicas }] = headers;
  const other = headers.findIndex((header) => header.replicas !== replicas);
  if (other >= 0) {
    throw new UsageError(
      `${paths[other]} is a trace of ${headers[other].replicas} replicas, not of ${replicas}`,
    );
  }
  const began = Math.min(...headers.map((header) => header.began));
  const seen = new Seen(began, window);
  for (const path of paths) {
    named(path, () => {
      for (const line of linesOf(path, replicas)) {
        if (line === null) seen.miss();
        else if (window.types === undefined || window.types.has(line.type)) seen.take(line);
      }
    });
  }
  return { replicas, began, ...seen.finish() };
}

/** What of a trace is in a window. */
class Seen {
  readonly #began: number;
  readonly #from: number;
  readonly #to: number;
  readonly #linesMax: number;
  /** Those in the window; in their order, and no more than are wanted, as far as `#cut` was asked. */
  #lines: TraceLine[] = [];
  #leftOut = 0;
  #unread = 0;
  /** Before the window: what was told last of where each replica stood, and of faults without end. */
  readonly #before = new Map<string, TraceLine>();

  constructor(
    began: number,
    { fromMs = -Infinity, toMs = Infinity, linesMax = Infinity }: TraceWindow,
  ) {
    this.#began = began;
    this.#from = began + fromMs * 1000;
    this.#to = began + toMs * 1000;
    this.#linesMax = linesMax;
  }

  take(line: TraceLine): void {
    if (!("at" in line) || (line.at >= this.#from && line.at <= this.#to)) {
      if (this.#lines.push(line) >= 2 * this.#linesMax) this.#cut();
    } else if (line.at < this.#from) {
      this.#takeBefore(line);
    }
  }

  #takeBefore(line: TraceLine): void {
    if (line.type === "fault") {
      const { fault, replicas, ways = [] } = line;
      const name = JSON.stringify([fault, replicas, ways]);
      if (line.phase === "begin") this.#before.set(name, line);
      else this.#before.delete(name);
    } else if (line.type === "view" || line.type === "start") {
      const name = `${line.replica} ${line.type}`;
      const before = this.#before.get(name);
      if (before === undefined || atOf(before) <= line.at) this.#before.set(name, line);
    }
  }

  /** A line could not be read. */
  miss(): void {
    this.#unread++;
  }

  /** @throws {UsageError} if it tells of two clusters: numbers and indexes of both are the same */
  finish(): Pick<Trace, "lines" | "before" | "leftOut" | "unread"> {
    this.#cut();
    this.#checkCluster();
    return {
      lines: [...inOrder([...this.#before.values()]), ...this.#lines],
      before: this.#before.size,
      leftOut: this.#leftOut,
      unread: this.#unread,
    };
  }

  #checkCluster(): void {
    const views = this.#lines.filter((line) => line.type === "view");
    const first = views.find(({ cluster }) => cluster !== undefined)?.cluster;
    const other = views.find(({ cluster }) => cluster !== undefined && cluster !== first);
    if (other === undefined) return;
    const ms = ((other.at - this.#began) / 1000).toFixed(0);
    throw new UsageError(
      `another cluster, with other content, begins at ${ms} ms: show one with --from and --to`,
    );
  }

  /** Of a trace of any length only so many lines are held. */
  #cut(): void {
    const lines = inOrder(this.#lines);
    this.#lines = lines.slice(0, this.#linesMax);
    this.#leftOut += lines.length - this.#lines.length;
  }
}

/** When the first fault that a trace tells of began, in milliseconds since it did; null if none did. */
export function firstFaultMs(path: string): number | null {
  const { began, replicas } = headerOf(path);
  for (const { text } of textLines(path)) {
    const value = text.includes('"type":"fault"') ? jsonOf(text) : undefined;
    if (value === undefined) continue;
    const line = decodeTraceLine(value, replicas);
    if (line.type === "fault") return (line.at - began) / 1000;
  }
  return null;
}

/** Whether the file begins as a trace does. */
export function isTrace(path: string): boolean {
  try {
    for (const { text } of textLines(path)) return isHeader(parseJson(text));
    return false;
  } catch {
    // What is wrong with it is said when it is read.
    return false;
  }
}

/** When the first line was. */
export function beganOf(lines: readonly TraceLine[]): number {
  for (const line of lines) if ("at" in line) return line.at;
  return 0;
}

/** Lines in the order of time. */
export function inOrder(lines: readonly TraceLine[]): TraceLine[] {
  return [...lines].sort((a, b) => atOf(a) - atOf(b));
}

/** When it was told, in microseconds since 1970; what has no moment comes last. */
export function atOf(line: TraceLine): number {
  return "at" in line ? line.at : Number.MAX_VALUE;
}

/** Does it; what is wrong is said with the file's name. */
function named<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`there is no file ${path}`);
    throw new UsageError(`cannot read ${path}: ${reason(error)}`, { cause: error });
  }
}

/**
 * The header of a trace.
 *
 * @throws {HistoryError} if it has none
 */
export function headerOf(path: string): TraceHeader {
  for (const { text, isWhole } of textLines(path)) {
    if (!isWhole && text === "") break;
    try {
      return decodeTraceHeader(parseJson(text));
    } catch (error) {
      throw error instanceof HistoryError ? error : new HistoryError("it is no trace");
    }
  }
  throw new HistoryError("it is empty");
}

/**
 * The lines behind the header; null for one that is torn: whoever wrote it found the disk full, or
 * was killed, and others wrote on.
 */
function* linesOf(path: string, replicas: number): Generator<TraceLine | null> {
  let number = 0;
  let isTorn = false;
  for (const { text, isWhole } of textLines(path)) {
    number++;
    if (text.trim() === "") continue;
    const value = jsonOf(text);
    // A killed process may leave the beginning of a line, at the end, or before it began again:
    // no more is missing than what it had not yet written.
    if (value === undefined && !isWhole) break;
    if (isTorn && !isHeader(value)) yield null;
    isTorn = value === undefined;
    if (!isTorn && !isHeader(value)) yield lineOf(value, number, replicas);
  }
  if (isTorn) yield null;
}

function lineOf(value: unknown, number: number, replicas: number): TraceLine {
  try {
    return decodeTraceLine(value, replicas);
  } catch (error) {
    throw new HistoryError(`line ${number}: ${reason(error)}`, { cause: error });
  }
}

/** What a line says; undefined if it is torn: a killed process may leave the beginning of one. */
export function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): boolean {
  return isObject(value) && value.trace !== undefined && value.type === undefined;
}

function* textLines(path: string): Generator<{ readonly text: string; readonly isWhole: boolean }> {
  const { isFile, isDirectory } = Deno.statSync(path);
  if (isDirectory) throw new UsageError("it is a folder");
  // A pipe could not be read twice.
  if (!isFile) throw new UsageError("it is no plain file");
  using file = Deno.openSync(path);
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(HISTORY_READ_BYTES);
  let rest = "";
  for (let count = file.readSync(bytes); count !== null; count = file.readSync(bytes)) {
    const lines = decoder.decode(bytes.subarray(0, count), { stream: true }).split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? "";
    for (const text of lines) yield { text, isWhole: true };
    if (rest.length > HISTORY_LINE_BYTES_MAX) {
      throw new HistoryError(`a line is longer than ${HISTORY_LINE_BYTES_MAX} bytes`);
    }
  }
  yield { text: rest, isWhole: false };
}
