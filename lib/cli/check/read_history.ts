/**
 * Reads the history that `kvdist check` judges, from a file or from stdin.
 *
 * @module
 */

import { historyOf } from "../../check/reader.ts";
import { HistoryText } from "../../check/text.ts";
import type { History } from "../../check/recorded.ts";
import { HistoryError, reason, UsageError } from "../../errors.ts";
import { HISTORY_READ_BYTES, JUDGED_LINES_MAX } from "../../limits.ts";
import { historyLinesOf, JUDGED_TYPES } from "../../trace/history.ts";
import { parseJson } from "../../wire/json.ts";
import { isTrace, readTrace } from "../show/read_trace.ts";

/** The name that stands for stdin. */
export const STDIN = "-";

/** Is told how much is read: a share from 0 to 1, or null where the end is not known. */
export type ReadProgress = (share: number | null) => void;

/**
 * The history in the file of this name.
 *
 * @throws {UsageError} if it cannot be read, or is no history
 */
export async function readHistory(path: string, progress: ReadProgress): Promise<History> {
  const name = path === STDIN ? "stdin" : path;
  try {
    if (path === STDIN) return await readAll(Deno.stdin, 0, progress);
    using file = await Deno.open(path);
    const { size, isDirectory } = await file.stat();
    if (isDirectory) throw new UsageError("it is a folder");
    if (isTrace(path)) return historyOfTrace(path);
    return await readAll(file, size, progress);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`there is no file ${path}`);
    if (error instanceof HistoryError) throw new HistoryError(`${name}, ${error.message}`);
    throw new UsageError(`cannot read ${name}: ${reason(error)}`, { cause: error });
  }
}

/** A trace has no order of lines: it is put together first. */
function historyOfTrace(path: string): History {
  const trace = readTrace([path], { types: JUDGED_TYPES, linesMax: JUDGED_LINES_MAX });
  if (trace.leftOut > 0) {
    throw new HistoryError(`more than ${JUDGED_LINES_MAX} lines are too many to judge`);
  }
  try {
    return historyOf(historyLinesOf(trace));
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    // The lines that it counts are not those of the file.
    throw new HistoryError(`in the order of time, ${error.message}`, { cause: error });
  }
}

interface Source {
  read(bytes: Uint8Array): Promise<number | null>;
}

async function readAll(from: Source, size: number, progress: ReadProgress): Promise<History> {
  const text = new HistoryText(parseJson);
  const bytes = new Uint8Array(HISTORY_READ_BYTES);
  let read = 0;
  for (;;) {
    const count = await from.read(bytes);
    if (count === null) return text.finish();
    text.add(bytes.subarray(0, count));
    read += count;
    progress(size > 0 ? Math.min(1, read / size) : null);
  }
}
