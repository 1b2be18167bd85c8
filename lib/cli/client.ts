/**
 * `kvdist client`: talk to a replica, from a terminal, a pipe or the command line.
 *
 * @module
 */

import { type Address, parseAddresses } from "../client/mod.ts";
import { UsageError } from "../errors.ts";
import { ask, show } from "./client/ask.ts";
import { History, historyPath } from "./client/history.ts";
import {
  type Action,
  CLIENT_FLAGS,
  type ClientFlags,
  COMMAND_ENTRIES,
  commandAction,
  commandHelp,
} from "./client/line.ts";
import { readLines, runPiped } from "./client/piped.ts";
import { describeMove, ReplicaConnection } from "./client/replica_connection.ts";
import { type Command, EXIT_FAILED, EXIT_OK } from "./command.ts";
import { environment } from "./environment.ts";
import { parseFlags } from "./flags.ts";
import { helpText } from "./help.ts";
import { isTerminal, note, print, styled } from "./output.ts";
import { printable } from "./text.ts";

/** The subcommand. */
export const client: Command = {
  name: "client",
  summary: "talk to a replica: set, get, delete, incr, cas, keys, dump, status and more",
  help: () => helpText(HELP),
  run,
};

const HELP = {
  usage: [
    "kvdist client ADDRESS [FLAGS]",
    "kvdist client ADDRESS COMMAND [ARGUMENTS] [FLAGS]",
  ],
  about: [
    "Talks to the replica at the address: a port of this machine (9889), host:port or " +
    "[IPv6]:port. With a command it carries that out. Without one it reads commands: on a " +
    "terminal with a prompt, from a pipe one a line (blank lines and those that begin with # " +
    "are skipped; exit 1 if any failed).",
    "Of several addresses (9889,9890,9891) it talks to the first that answers, and goes to the " +
    "next when it loses one, or gets no answer or no quorum from it in time. A write is asked " +
    "again under one id, so that it is applied once; if nobody can tell in the end, ask later " +
    "with outcome ID.",
    "Keys and values are bytes. A value that is no UTF-8 goes to a pipe as it is, and is escaped " +
    "on a terminal, in dump and in JSON; incr, append, cas, rename and set --if need sequential " +
    "or above.",
  ],
  lists: [{ title: "Commands", entries: COMMAND_ENTRIES }],
  flags: CLIENT_FLAGS,
  examples: [
    ["kvdist client 9889", "a prompt; Ctrl-D leaves"],
    ["kvdist client 9889 set x 42", "STORED"],
    ["kvdist client 9890 get x --consistency linearizable", "42"],
    ["kvdist client 9889,9890,9891 set x 43", "at whichever replica answers"],
    ["kvdist client 9889 incr visits", "1"],
    ["kvdist client 9889 set lock me --if absent", "STORED; UNCHANGED and exit 1 if it is there"],
    ["kvdist client 9889 set -- x -y", "a value that begins with a dash"],
    ["printf 'set x 1\\nget x\\n' | kvdist client 9889", "STORED, 1"],
  ],
} as const;

async function run(argv: readonly string[]): Promise<number> {
  const { flags, args } = parseFlags(CLIENT_FLAGS, argv);
  const [where, ...words] = args;
  if (where === undefined) {
    throw new UsageError("which replica? The address is missing, such as 9889 or host:9889");
  }
  const addresses = parseAddresses(where);
  if (words.length > 0) return await runOnce(addresses, commandAction(words, flags), flags);
  if (flags.id !== undefined) {
    throw new UsageError("--id names one write: give it with its command");
  }
  if (flags.if !== undefined) throw new UsageError("--if is for set: give it with its command");
  if (Deno.stdin.isTerminal() && isTerminal("stdout")) return await talk(addresses, flags);
  return await runLines(addresses, flags);
}

/** One command on the command line. */
async function runOnce(
  addresses: readonly Address[],
  action: Action,
  flags: ClientFlags,
): Promise<number> {
  if (action.type === "help") print(commandHelp());
  if (action.type !== "ask") return EXIT_OK;
  const connection = connectionTo(addresses, flags);
  try {
    return show(await ask(connection, action)) ? EXIT_OK : EXIT_FAILED;
  } finally {
    connection.close();
  }
}

async function runLines(addresses: readonly Address[], flags: ClientFlags): Promise<number> {
  const connection = connectionTo(addresses, flags);
  try {
    await connection.open();
    const allWell = await runPiped(readLines(Deno.stdin.readable), connection, flags);
    return allWell ? EXIT_OK : EXIT_FAILED;
  } finally {
    connection.close();
  }
}

function connectionTo(
  addresses: readonly Address[],
  { timeout, session }: ClientFlags,
): ReplicaConnection {
  return new ReplicaConnection(addresses, {
    requestTimeoutMs: timeout,
    session,
    moved: (move) => note(styled("yellow", printable(describeMove(move)), "stderr")),
  });
}

async function talk(addresses: readonly Address[], flags: ClientFlags): Promise<number> {
  // Only here, so that the others start without it.
  const { runInteractive } = await import("./client/interactive.ts");
  await runInteractive(addresses, flags, new History(historyPath(environment)));
  return EXIT_OK;
}
