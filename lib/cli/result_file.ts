/**
 * The files that flags name for what comes of a run: looked at before it, written after it.
 *
 * @module
 */

import { FailedError, reason, UsageError } from "../errors.ts";
import { printable } from "./text.ts";

/**
 * Checks that the files can be written, so that nobody waits for a result that cannot. What is
 * there stays as it is, and what is not there is not left behind. `sources` are what is read.
 *
 * @throws {UsageError} that says of the first that cannot, why
 */
export function checkResultFiles(
  files: readonly (string | undefined)[],
  sources: readonly string[] = [],
): void {
  const wanted = files.filter((path) => path !== undefined);
  if (wanted.length === 0) return;
  const taken = new Map(sources.map((path) => [sourceIdentity(path), "it is what is read"]));
  const made: string[] = [];
  try {
    for (const path of wanted) checkResultFile(path, taken, made);
  } finally {
    for (const path of made) Deno.removeSync(path);
  }
}

/** What it makes stays until all are checked: only so two names of one new file are known as such. */
function checkResultFile(path: string, taken: Map<string, string>, made: string[]): void {
  try {
    if (!isPlain(path)) return;
    if (makeIfMissing(path)) made.push(path);
    const clash = taken.get(identity(path));
    if (clash !== undefined) throw new UsageError(clash);
    taken.set(identity(path), "two results cannot have one file");
    // A link may lead to what is not there yet: that would be left behind.
    if (infoOf(path) !== null) Deno.openSync(path, { append: true }).close();
  } catch (error) {
    throw new UsageError(`cannot write ${printable(path)}: ${reason(error)}`, { cause: error });
  }
}

/**
 * Checks that what is written into the file can be read again, as pipes and devices do not let one.
 *
 * @throws {UsageError} if not
 */
export function checkKept(path: string): void {
  if (isPlain(path)) return;
  throw new UsageError(`cannot keep ${printable(path)}: it is no plain file`);
}

/** A plain file, or none yet; pipes and devices take what they are given, and lose nothing. */
function isPlain(path: string): boolean {
  const there = infoOf(path);
  if (there?.isDirectory) throw new UsageError("it is a folder");
  return there?.isFile ?? true;
}

/** The same for two names of one file, as far as it is there. */
function identity(path: string): string {
  const there = infoOf(path);
  return there === null || there.ino === null ? path : `${there.dev}:${there.ino}`;
}

/** Of what is read: what cannot be looked at is said when that is tried. */
function sourceIdentity(path: string): string {
  try {
    return identity(path);
  } catch {
    return path;
  }
}

function infoOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whether it was not there, and is made now. */
function makeIfMissing(path: string): boolean {
  try {
    Deno.openSync(path, { write: true, createNew: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    if (error instanceof Deno.errors.NotFound) throw new UsageError("its folder is not there");
    throw error;
  }
}

/** Where the trace and the report of a run are, for people. */
export function whereResultsAre(
  { trace, html }: { readonly trace?: string; readonly html?: string },
): string[] {
  const path = trace === undefined ? "" : printable(trace);
  return [
    ...(trace === undefined ? [] : [`The trace is in ${path}: kvdist show ${path}`]),
    ...(html === undefined ? [] : [`The report is in ${printable(html)}`]),
  ];
}

/**
 * Writes a text into the file; what was there is replaced.
 *
 * @throws {FailedError} if it cannot be written
 */
export function writeResult(path: string, text: string): void {
  inWords(path, () => Deno.writeTextFileSync(path, text));
}

/**
 * Copies a file there; what was there is replaced.
 *
 * @throws {FailedError} if it cannot be written
 */
export function copyResult(from: string, path: string): void {
  inWords(path, () => Deno.copyFileSync(from, path));
}

function inWords(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new FailedError(`cannot write ${printable(path)}: ${reason(error)}`, { cause: error });
  }
}
