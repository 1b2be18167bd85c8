/**
 * The client on a pipe: a command a line, the answers in the order of the lines.
 *
 * @module
 */

import { reason, UsageError } from "../../errors.ts";
import { LINE_BYTES_MAX, PIPED_LINES_MAX } from "../../limits.ts";
import { printable, splitWords } from "../text.ts";
import type { Answer } from "./answer.ts";
import { ask, show } from "./ask.ts";
import { type Action, type ClientFlags, commandHelp, parseLine } from "./line.ts";
import type { ReplicaConnection } from "./replica_connection.ts";

/**
 * Carries out the lines, many under way at once; blank ones and those that begin with `#` are
 * skipped. Stops early only if the replica is lost and cannot be reached again.
 *
 * @returns whether all went well
 */
export async function runPiped(
  lines: AsyncIterable<string>,
  connection: ReplicaConnection,
  flags: ClientFlags,
): Promise<boolean> {
  const printer = new Printer();
  let number = 0;
  for await (const line of lines) {
    number++;
    const action = readLine(line, flags);
    if (action === null) continue;
    if (action instanceof UsageError) {
      printer.add(number, failure(action));
      continue;
    }
    if (action.type === "quit") break;
    if (action.type === "help") {
      printer.add(number, { out: [commandHelp()], err: [], failed: false });
      continue;
    }
    try {
      await connection.open();
      printer.add(number, ask(connection, action).catch(failure));
    } catch (error) {
      printer.add(number, failure(error));
      break;
    }
    await printer.room();
  }
  return await printer.finish();
}

function readLine(line: string, flags: ClientFlags): Action | UsageError | null {
  if (/^\s*(#|$)/.test(line)) return null;
  try {
    return parseLine(splitWords(line), flags);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

function failure(error: unknown): Answer {
  return { out: [], err: [printable(reason(error))], failed: true };
}

/** Prints answers in the order of their lines, as soon as they are there. */
class Printer {
  #printed: Promise<void> = Promise.resolve();
  #waiting = 0;
  #allWell = true;

  add(line: number, answer: Answer | Promise<Answer>): void {
    this.#waiting++;
    this.#printed = this.#print(this.#printed, line, answer);
  }

  /** Resolves when there are not too many lines under way. */
  async room(): Promise<void> {
    if (this.#waiting >= PIPED_LINES_MAX) await this.#printed;
  }

  async finish(): Promise<boolean> {
    await this.#printed;
    return this.#allWell;
  }

  async #print(before: Promise<void>, line: number, answer: Answer | Promise<Answer>) {
    const shown = await answer;
    await before;
    this.#waiting--;
    if (!show(shown, `line ${line}: `)) this.#allWell = false;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });
const LINE_END = 10;

/**
 * The lines of a stream, without their ends.
 *
 * @throws {UsageError} if a line is not UTF-8, or longer than {@linkcode LINE_BYTES_MAX}
 */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  for await (const chunk of stream) {
    let from = 0;
    for (let end; (end = chunk.indexOf(LINE_END, from)) >= 0; from = end + 1) {
      yield decode([...parts, chunk.subarray(from, end)], number++);
      parts = [];
      length = 0;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LINE_BYTES_MAX) {
      throw new UsageError(`line ${number} is longer than ${LINE_BYTES_MAX} bytes`);
    }
  }
  if (length > 0) yield decode(parts, number);
}

function decode(parts: readonly Uint8Array[], number: number): string {
  try {
    const text = parts.map((part, i) => decoder.decode(part, { stream: i < parts.length - 1 }));
    return text.join("").replace(/\r$/, "");
  } catch {
    throw new UsageError(`line ${number} is not UTF-8`);
  }
}
