/**
 * The file of a trace: several replicas, of one process or of several, add their lines to it.
 *
 * @module
 */

import { FailedError, reason } from "../errors.ts";
import { TRACE_FLUSH_LINES, TRACE_FLUSH_MS } from "../limits.ts";
import type { Log } from "../log.ts";
import { decodeTraceHeader } from "./decode.ts";
import { encodeTraceHeader, encodeTraceLines, type HeaderFacts } from "./encode.ts";
import type { TraceHeader, TraceLine } from "./line.ts";
import { epochUs } from "./moment.ts";
import { parseJson } from "../wire/json.ts";

const encoder = new TextEncoder();

const NEWLINE = 0x0a;

/** A header is not longer than that. */
const HEADER_BYTES_MAX = 4_096;

/** What is known of a trace before it begins. */
export type TraceFacts = Pick<HeaderFacts, "replicas" | "clients">;

/**
 * Begins the file with its header; one that is a trace of as many replicas is gone on with.
 *
 * @throws {FailedError} if there is another file of that name, or it cannot be written
 */
export function beginTrace(path: string, { replicas, clients }: TraceFacts): void {
  try {
    using file = Deno.openSync(path, { read: true, append: true, create: true });
    const { isFile, size } = file.statSync();
    if (!isFile) throw new FailedError("it is no plain file");
    if (size > 0 && readHeader(file).replicas !== replicas) {
      throw new FailedError(`it is there, and no trace of ${replicas} replicas`);
    }
    const header = encodeTraceHeader({ replicas, began: epochUs(), clients });
    if (size === 0) file.writeSync(encoder.encode(header));
    // A kill may have torn the last line: readers forgive that before a header.
    else if (!endsInNewline(file)) file.writeSync(encoder.encode(`\n${header}`));
  } catch (error) {
    throw new FailedError(`cannot write a trace to ${path}: ${reason(error)}`, { cause: error });
  }
}

function endsInNewline(file: Deno.FsFile): boolean {
  const last = new Uint8Array(1);
  file.seekSync(-1, Deno.SeekMode.End);
  return file.readSync(last) === 1 && last[0] === NEWLINE;
}

function readHeader(file: Deno.FsFile): TraceHeader {
  const bytes = new Uint8Array(HEADER_BYTES_MAX);
  const text = new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  try {
    return decodeTraceHeader(parseJson(text.slice(0, text.indexOf("\n"))));
  } catch (error) {
    throw new FailedError("it is there, and no trace", { cause: error });
  }
}

/** One replica's way into the file. Nothing is lost but what a kill finds not yet written. */
export class TraceFile implements Disposable {
  /** Whether the servers tell of clients. */
  readonly hasClients: boolean;
  readonly #log: Log;
  /** Null when it cannot be written any more. */
  #file: Deno.FsFile | null = null;
  /** What is to be told, … */
  #untold: (() => void)[] = [];
  /** … and told, but not yet text. */
  #lines: TraceLine[] = [];
  #flushing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Goes on behind what is there; lines of others may come between, but whole ones only. */
  constructor(path: string, log: Log) {
    this.#log = log;
    let hasClients = false;
    try {
      this.#file = Deno.openSync(path, { read: true, append: true });
      hasClients = readHeader(this.#file).clients === "servers";
    } catch (error) {
      // It was taken away since it was begun: no reason not to serve.
      this.#end(error);
    }
    this.hasClients = hasClients;
  }

  /** Adds a line. */
  add(line: TraceLine): void {
    if (this.#file === null) return;
    this.#lines.push(line);
    this.#flushSoon(this.#lines);
  }

  /** Lets something add its lines when they are written: whoever did it has better things to do. */
  addLater(tell: () => void): void {
    if (this.#file === null) return;
    this.#untold.push(tell);
    this.#flushSoon(this.#untold);
  }

  #flushSoon({ length }: { readonly length: number }): void {
    if (this.#flushing) return;
    if (length >= TRACE_FLUSH_LINES) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), TRACE_FLUSH_MS);
  }

  /** Writes what was added, in one piece. A disk that takes it no more ends the trace, not more. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      const bytes = encoder.encode(this.#text());
      if (bytes.length > 0 && this.#file?.writeSync(bytes) !== bytes.length) {
        throw new FailedError("the disk is full");
      }
    } catch (error) {
      this.#end(error);
    }
  }

  #text(): string {
    this.#flushing = true;
    for (const tell of this.#untold) tell();
    this.#untold = [];
    this.#flushing = false;
    const text = encodeTraceLines(this.#lines);
    this.#lines = [];
    return text;
  }

  #end(error: unknown): void {
    this.#log({ level: "warn", event: "the trace ends", reason: reason(error) });
    this.#file?.close();
    this.#file = null;
  }

  /** Writes what was added, and ends it. */
  [Symbol.dispose](): void {
    this.flush();
    this.#file?.close();
    this.#file = null;
  }
}
