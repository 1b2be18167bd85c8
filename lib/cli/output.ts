/**
 * What the program says: results on stdout, everything else on stderr.
 *
 * @module
 */

import { bytesOf } from "../bytes.ts";

/** The reader of our stdout has gone, as `head` does: there is nothing left to do, quietly. */
export class OutputClosedError extends Error {
  override name = "OutputClosedError";
}

/** The streams that one can print to. */
export type Stream = "stdout" | "stderr";

/**
 * Prints a line of the result on stdout.
 *
 * @throws {OutputClosedError} if nobody reads it any more
 */
export function print(line: string): void {
  write("stdout", `${line}\n`);
}

/** Prints by `tell`, as far as somebody reads it: there are files to write, or an exit code to give. */
export function printWhileRead(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if (!(error instanceof OutputClosedError)) throw error;
  }
}

/** Prints a line about the work on stderr. */
export function note(line: string): void {
  write("stderr", `${clearProgress()}${line}\n`);
}

/** Prints a value as one line of JSON on stdout. */
export function json(value: unknown): void {
  print(JSON.stringify(value));
}

let progressShown = false;

/** Shows how far the work is, in place of the line shown before; null ends it. */
export function progress(line: string | null): void {
  if (!isTerminal("stderr")) return;
  const clear = clearProgress();
  progressShown = line !== null;
  write("stderr", clear + (line ?? ""));
}

function clearProgress(): string {
  if (!progressShown) return "";
  progressShown = false;
  return "\r\x1b[2K";
}

/** Whether people see what is printed there at once. */
export function isTerminal(stream: Stream): boolean {
  return Deno[stream].isTerminal();
}

/** The cells of a line of the terminal; 80 where there is none. */
export function columns(): number {
  return terminalSize().columns;
}

/** The terminal's cells and lines; 80 and 24 where there is none. */
export function terminalSize(): { readonly columns: number; readonly rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 80, rows: rows || 24 };
  } catch {
    return { columns: 80, rows: 24 };
  }
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** How a text can stand out. */
export type Style = keyof typeof STYLES;

/** The text in that style if the stream is a terminal and `NO_COLOR` is not set. */
export function styled(style: Style, text: string, stream: Stream = "stdout"): string {
  if (Deno.noColor || !isTerminal(stream)) return text;
  return `\x1b[${STYLES[style]}m${text}\x1b[0m`;
}

/** Prints the bytes that the text stands for. A stderr that nobody reads is nothing to stop for. */
export function write(stream: Stream, text: string): void {
  let bytes: Uint8Array = bytesOf(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(Deno[stream].writeSync(bytes));
    } catch (error) {
      if (error instanceof Deno.errors.WouldBlock) {
        waitForReader();
      } else if (error instanceof Deno.errors.BrokenPipe) {
        if (stream === "stderr") return;
        throw new OutputClosedError("nobody reads the output any more", { cause: error });
      } else {
        throw error;
      }
    }
  }
}

/** A pipe that another program made non-blocking is full: gives its reader a millisecond. */
function waitForReader(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
