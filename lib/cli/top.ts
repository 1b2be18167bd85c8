/**
 * `kvdist top`: the replicas, live, in the terminal.
 *
 * @module
 */

import { type Address, parseAddresses } from "../client/mod.ts";
import { UsageError } from "../errors.ts";
import { TOP_INTERVAL_MS, TOP_INTERVAL_MS_MAX, TOP_INTERVAL_MS_MIN } from "../limits.ts";
import { Course } from "../show/top/course.ts";
import { frame } from "../show/top/frame.ts";
import { plainLine } from "../show/top/plain_line.ts";
import type { Snapshot } from "../watch/snapshot.ts";
import { type Command, EXIT_INTERRUPTED, EXIT_OK } from "./command.ts";
import { environment } from "./environment.ts";
import { type FlagTable, parseFlags, type Values } from "./flags.ts";
import { helpText } from "./help.ts";
import { interruptible } from "./interrupt.ts";
import { isTerminal, print } from "./output.ts";
import { printable } from "./text.ts";
import { type LookOptions, looks } from "./top/looks.ts";
import { Screen } from "./top/screen.ts";

const FLAGS = {
  interval: {
    kind: "duration",
    value: "TIME",
    about: "How often it looks",
    min: TOP_INTERVAL_MS_MIN,
    max: TOP_INTERVAL_MS_MAX,
    default: TOP_INTERVAL_MS,
  },
  count: { kind: "count", value: "N", about: "End after so many looks", min: 1 },
  plain: { kind: "boolean", about: "Print a line for each replica and look, as into a pipe" },
  json: { kind: "boolean", about: "Print a line of JSON for each look" },
} as const satisfies FlagTable;

type TopFlags = Values<typeof FLAGS>;

/** The first replica of a `serve` on this machine. */
const ADDRESS = "9889";

const HELP = {
  usage: ["kvdist top [ADDRESS[,ADDRESS…]] [FLAGS]"],
  about: [
    `Asks the replicas at the addresses (${ADDRESS} if none is given) for their status once a ` +
    "second, and shows how each is, what it does, and how that went over the last minutes. One " +
    "that does not answer is shown with the reason, and comes back by itself. q or Ctrl-C leaves.",
    "Reads and writes are those that clients have asked of that replica; p50 and p99 are how long " +
    "half of them and 99 of 100 took at most, since the last look, as the replica has measured it. " +
    "Of its clients, top is one.",
  ],
  flags: FLAGS,
  examples: [
    ["kvdist top 9889,9890,9891", "three replicas, live"],
    ["kvdist top 9889 --plain | grep -v state=live", "a line whenever it is not live"],
    ["kvdist top 9889,9890,9891 --json --count 2 --interval 5s", "for programs"],
  ],
} as const;

/** The subcommand. */
export const top: Command = {
  name: "top",
  summary: "watch replicas in the terminal: how each is, what it does, how fast",
  help: () => helpText(HELP),
  run,
};

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(FLAGS, argv);
  if (args.length > 1) {
    throw new UsageError(`give all addresses as one, with commas between: ${args.join(",")}`);
  }
  if (flags.json && flags.plain) throw new UsageError("--json and --plain exclude each other");
  const addresses = parseAddresses(args[0] ?? ADDRESS);
  const code = await interruptible(async (signal) => {
    await watch(addresses, flags, signal);
    return EXIT_OK;
  });
  // Ctrl-C is how one leaves.
  return code === EXIT_INTERRUPTED ? EXIT_OK : code;
}

async function watch(
  addresses: readonly Address[],
  flags: TopFlags,
  signal: AbortSignal,
): Promise<void> {
  const { interval: intervalMs, count = Infinity } = flags;
  const options = { intervalMs, count, signal };
  if (!flags.json && !flags.plain && canDraw()) return await watchOnScreen(addresses, options);
  const tell = flags.json ? printJson : printPlain;
  for await (const snapshot of looks(addresses, options)) tell(snapshot);
}

/** Whether lines can be drawn anew where they stand. */
function canDraw(): boolean {
  return isTerminal("stdout") && environment("TERM") !== "dumb";
}

async function watchOnScreen(addresses: readonly Address[], options: LookOptions): Promise<void> {
  const { intervalMs } = options;
  const left = new AbortController();
  const signal = AbortSignal.any([options.signal, left.signal]);
  const course = new Course();
  let screen: Screen | null = null;
  try {
    for await (const snapshot of looks(addresses, { ...options, signal })) {
      // Not before there is something to show: what fails at first is told where it was asked.
      screen ??= new Screen(() => left.abort());
      course.add(snapshot);
      screen.show((size) => frame(snapshot, course, { ...size, intervalMs }));
    }
  } finally {
    screen?.[Symbol.dispose]();
  }
}

// A terminal takes some characters as commands; their escapes mean the same in JSON.

function printJson(snapshot: Snapshot): void {
  print(printable(JSON.stringify(snapshot)));
}

function printPlain({ time, replicas }: Snapshot): void {
  for (const replica of replicas) print(printable(plainLine(replica, time)));
}
