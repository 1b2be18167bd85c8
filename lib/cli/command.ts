/**
 * The frame of the program: it finds the subcommand, runs it, and turns what it throws into one
 * line and an exit code: 0 fine, 1 failed, 2 wrong use.
 *
 * @module
 */

import {
  ConnectionError,
  FailedError,
  reason,
  RequestError,
  TimeoutError,
  UsageError,
} from "../errors.ts";
import { VERSION } from "../version.ts";
import { environment } from "./environment.ts";
import { definitions } from "./help.ts";
import { didYouMean } from "./nearest.ts";
import { note, OutputClosedError, print } from "./output.ts";
import { printable } from "./text.ts";

/** A subcommand. */
export interface Command {
  /** As it is called. */
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** The text of `kvdist NAME --help`. */
  help(): string;
  /** Carries it out; resolves with the exit code. */
  run(argv: readonly string[]): Promise<number>;
}

/** It was done. */
export const EXIT_OK = 0;
/** It could not be done, or not all of it. */
export const EXIT_FAILED = 1;
/** The program was called in a way it does not understand. */
export const EXIT_USAGE = 2;
/** It was done, and what is to be told from it cannot be told. */
export const EXIT_INCONCLUSIVE = 3;
/** Ended at once by a second Ctrl-C. */
export const EXIT_INTERRUPTED = 130;

/** Runs the program on its arguments; resolves with its exit code and never rejects. */
export async function runProgram(
  commands: readonly Command[],
  argv: readonly string[],
): Promise<number> {
  catchStrays();
  const [name, ...rest] = argv;
  const command = commands.find((command) => command.name === name);
  try {
    if (command !== undefined) return await runCommand(command, rest);
    return runWithout(commands, argv);
  } catch (error) {
    return failure(error, command?.name);
  }
}

function runCommand(command: Command, argv: readonly string[]): Promise<number> {
  if (asks(argv, "--help", "-h")) print(command.help());
  else if (asks(argv, "--version", "-V")) printVersion();
  else return command.run(argv);
  return Promise.resolve(EXIT_OK);
}

/** What can be asked of the program without a subcommand. */
function runWithout(commands: readonly Command[], argv: readonly string[]): number {
  const [word, topic] = argv;
  if (word === "help" && topic !== undefined) {
    print(find(commands, topic).help());
  } else if (word === "help" || asks(argv, "--help", "-h")) {
    print(programHelp(commands));
  } else if (asks(argv, "--version", "-V")) {
    printVersion();
  } else if (word === undefined) {
    note(programHelp(commands));
    return EXIT_USAGE;
  } else {
    find(commands, word);
  }
  return EXIT_OK;
}

function find(commands: readonly Command[], name: string): Command {
  const command = commands.find((command) => command.name === name);
  if (command !== undefined) return command;
  if (name.startsWith("-")) {
    throw new UsageError(`unknown flag ${name}; flags stand behind the subcommand`);
  }
  const hint = didYouMean(name, commands.map(({ name }) => name));
  throw new UsageError(`unknown subcommand ${name}${hint}`);
}

function printVersion(): void {
  print(`kvdist ${VERSION} (Deno ${Deno.version.deno})`);
}

/** Whether the flag is among the arguments, before any `--`. */
function asks(argv: readonly string[], ...flags: string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? argv.length : end).some((word) => flags.includes(word));
}

function programHelp(commands: readonly Command[]): string {
  return [
    "kvdist: a replicated key-value store whose consistency you choose",
    "",
    "Usage: kvdist SUBCOMMAND [ARGUMENTS] [FLAGS]",
    "",
    "Subcommands:",
    ...definitions(commands.map(({ name, summary }) => [name, summary] as const)),
    "",
    "Flags:",
    ...definitions([
      ["--help", "Print this text, or behind a subcommand its own."],
      ["--version", "Print the version."],
    ]),
    "",
    "Examples:",
    "  kvdist serve                     start three replicas",
    "  kvdist client 9889 set x 42      ask the first one to set x",
    "  kvdist client 9890 get x         read x at the second one",
    "  kvdist demo stale                see a stale read, and why",
  ].join("\n");
}

/** Says what went wrong in one line; returns the exit code. */
function failure(error: unknown, command?: string): number {
  if (error instanceof OutputClosedError) return EXIT_OK;
  const program = command === undefined ? "kvdist" : `kvdist ${command}`;
  const line = printable(reason(error));
  if (error instanceof UsageError) {
    note(`${program}: ${line} (see ${program} --help)`);
    return EXIT_USAGE;
  }
  if (isExpected(error)) {
    note(`${program}: ${line}`);
    return EXIT_FAILED;
  }
  note(`${program}: a mistake in kvdist itself: ${line} (KVDIST_DEBUG=1 shows where)`);
  if (environment("KVDIST_DEBUG") && error instanceof Error) note(error.stack ?? "");
  return EXIT_FAILED;
}

const EXPECTED = [FailedError, RequestError, ConnectionError, TimeoutError];

/** Whether it is our own word for a failure, or the operating system's or runtime's. */
function isExpected(error: unknown): boolean {
  return EXPECTED.some((type) => error instanceof type) ||
    error instanceof Deno.errors.NotCapable ||
    (error instanceof Error && /\(os error \d+\)/.test(error.message));
}

/** What is thrown where nobody waits for it ends the program just as well, without a stack. */
function catchStrays(): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    Deno.exit(failure(event.reason));
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    Deno.exit(failure(event.error));
  });
}
