/**
 * The commands of `kvdist client`: words in, what is to be done out.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../../consistency.ts";
import { UsageError } from "../../errors.ts";
import { REQUEST_TIMEOUT_MS_MAX, VALUE_BYTES_MAX } from "../../limits.ts";
import { WIDTH, wrap } from "../../show/text.ts";
import { byteLength } from "../../bytes.ts";
import type { Request, RequestOptions } from "../../wire/message.ts";
import type { WriteOperation } from "../../wire/write.ts";
import { type FlagTable, parseFlags, type Values } from "../flags.ts";
import { definitions } from "../help.ts";
import { didYouMean } from "../nearest.ts";

/** The flags that each of the client's commands can be given. */
const LINE_FLAGS = {
  consistency: {
    kind: "choice",
    value: "LEVEL",
    about: "The level of the request instead of the cluster's",
    choices: CONSISTENCY_LEVELS,
  },
  timeout: {
    kind: "duration",
    value: "TIME",
    about: "Time limit of the request instead of the cluster's, such as 300ms",
    min: 1,
    max: REQUEST_TIMEOUT_MS_MAX,
  },
  id: {
    kind: "text",
    value: "ID",
    about: "The write's own name: asked again under it, it is applied once",
  },
  if: {
    kind: "choice",
    value: "WHAT",
    about: "Set the key only if it has no value yet, or only if it has one (set)",
    choices: ["absent", "present"],
  },
  json: { kind: "boolean", about: "Print replies as they came, each a line of JSON" },
} as const satisfies FlagTable;

/** The flags of the client, which holds to them in each of its commands. */
export const CLIENT_FLAGS = {
  ...LINE_FLAGS,
  session: {
    kind: "boolean",
    about: "Never show less than was shown before: always so with several addresses",
  },
} as const satisfies FlagTable;

/** What the client's flags say. */
export type ClientFlags = Values<typeof CLIENT_FLAGS>;

/** What the flags say that a command can be given. */
export type LineFlags = Values<typeof LINE_FLAGS>;

/** What a line asks for. */
export type Action =
  | {
    readonly type: "ask";
    readonly requests: readonly Request[];
    readonly json: boolean;
  }
  | { readonly type: "help" }
  | { readonly type: "quit" };

interface Form {
  readonly usage: string;
  readonly about: string;
  /** How many arguments it takes, at least and at most. */
  readonly args: readonly [number, number];
  /** Whether it is one write, which can have a name of its own. */
  readonly takesId?: true;
  /** Whether it can be made to depend on what is there. */
  readonly takesIf?: true;
  action(args: readonly string[], flags: LineFlags): Action;
}

const FORMS: Readonly<Record<string, Form>> = {
  set: {
    usage: "set KEY VALUE",
    about: "Set the key; STORED when it is, as the level says. With --if absent or --if present " +
      "only if that holds; else UNCHANGED.",
    args: [2, 2],
    takesId: true,
    takesIf: true,
    action: ([key, value], flags) => ask(flags, [setRequest(key, value, flags)]),
  },
  get: {
    usage: "get KEY",
    about: "Print the key's value.",
    args: [1, 1],
    action: ([key], flags) => ask(flags, [{ type: "get", key, options: options(flags) }]),
  },
  delete: {
    usage: "delete KEY",
    about: "Delete the key.",
    args: [1, 1],
    takesId: true,
    action: ([key], flags) => ask(flags, [write({ type: "delete", key }, flags)]),
  },
  incr: {
    usage: "incr KEY [BY]",
    about: "Add BY, or 1, to the key's number, and print the sum.",
    args: [1, 2],
    takesId: true,
    action: ([key, by = "1"], flags) => ask(flags, [write({ type: "add", key, by }, flags)]),
  },
  append: {
    usage: "append KEY VALUE",
    about: "Add to the end of the key's value, and print its length in bytes.",
    args: [2, 2],
    takesId: true,
    action: ([key, value], flags) => {
      const bytes = byteLength(value);
      // The server's own limit holds.
      const bytesMax = VALUE_BYTES_MAX;
      return ask(flags, [write({ type: "append", key, value, bytes, bytesMax }, flags)]);
    },
  },
  cas: {
    usage: "cas KEY EXPECTED [NEW]",
    about: "Set the key to NEW if its value is EXPECTED; else UNCHANGED. Without NEW delete it. " +
      "To set what has no value: set --if absent.",
    args: [2, 3],
    takesId: true,
    action: ([key, expected, value = null], flags) => {
      const bytes = byteLength(expected) + byteLength(value ?? "");
      return ask(flags, [write({ type: "cas", key, expected, value, bytes }, flags)]);
    },
  },
  rename: {
    usage: "rename KEY TO",
    about: "Give the key's value to another key, whatever that held.",
    args: [2, 2],
    takesId: true,
    action: ([key, to], flags) =>
      ask(flags, [write({ type: "rename", key, to, when: "always" }, flags)]),
  },
  reset: {
    usage: "reset KEY…",
    about: "Set each of the keys to 0.",
    args: [1, Infinity],
    action: (keys, flags) => ask(flags, keys.map((key) => setRequest(key, "0", flags))),
  },
  outcome: {
    usage: "outcome ID",
    about: "Print what came of the write with this id: applied, never (from now on for " +
      "certain, so ask only when you have given it up) or unknown.",
    args: [1, 1],
    action: ([id], flags) => ask(flags, [{ type: "outcome", id, options: options(flags) }]),
  },
  keys: {
    usage: "keys [PREFIX]",
    about: "Print the keys that this replica holds, a line for each.",
    args: [0, 1],
    action: ([prefix = ""], flags) => ask(flags, [{ type: "keys", prefix }]),
  },
  dump: {
    usage: "dump [PREFIX]",
    about: "Print what this replica holds: a line for each key, a tab, its value.",
    args: [0, 1],
    action: ([prefix = ""], flags) => ask(flags, [{ type: "dump", prefix }]),
  },
  status: {
    usage: "status",
    about: "Print what the replica says of itself; with several addresses, each of them.",
    args: [0, 0],
    action: (_, flags) => ask(flags, [{ type: "status" }]),
  },
  help: {
    usage: "help",
    about: "Print this list.",
    args: [0, Infinity],
    action: () => ({ type: "help" }),
  },
  quit: { usage: "quit", about: "Leave.", args: [0, 0], action: () => ({ type: "quit" }) },
};

/** The commands' names. */
export const COMMAND_NAMES = Object.keys(FORMS);

/** Each command and what it does, for help texts. */
export const COMMAND_ENTRIES = Object.values(FORMS).map(({ usage, about }) =>
  [usage, about] as const
);

/** What `help` prints. */
export function commandHelp(): string {
  return [
    ...definitions(COMMAND_ENTRIES),
    "",
    ...wrap(
      'Quotes as in a shell: set greeting "hello world". A value that begins with a dash goes ' +
        "behind --, as in: set -- x -y. Each command takes the flags --consistency " +
        `${
          CONSISTENCY_LEVELS.join("|")
        }, --timeout 300ms and --json; those that change one key take --id ID too. A byte that is ` +
        'no UTF-8 is written "\\udc80" to "\\udcff", in double quotes.',
      WIDTH,
    ),
  ].join("\n");
}

/**
 * What the words of a line ask for; flags that it does not name are the client's.
 *
 * @throws {UsageError} if they are no command
 */
export function parseLine(words: readonly string[], client: ClientFlags): Action {
  const { flags, args } = parseFlags(LINE_FLAGS, words);
  return commandAction(args, {
    consistency: flags.consistency ?? client.consistency,
    timeout: flags.timeout ?? client.timeout,
    id: flags.id,
    if: flags.if,
    json: flags.json || client.json,
  });
}

/**
 * What the command and its arguments ask for, the flags taken out already.
 *
 * @throws {UsageError} if they are no command
 */
export function commandAction(
  [name, ...args]: readonly string[],
  flags: LineFlags,
): Action {
  if (name === undefined) throw new UsageError("there is no command");
  if (!Object.hasOwn(FORMS, name)) {
    throw new UsageError(`unknown command ${name}${didYouMean(name, COMMAND_NAMES)}`);
  }
  const form = FORMS[name];
  const [min, max] = form.args;
  if (args.length < min) throw new UsageError(`too few arguments; it is: ${form.usage}`);
  if (args.length > max) {
    const hint = max === 0 ? "" : " (quote what has spaces)";
    throw new UsageError(`too many arguments; it is: ${form.usage}${hint}`);
  }
  if (flags.id !== undefined && !form.takesId) {
    throw new UsageError(`--id names one write; ${name} is none`);
  }
  if (flags.if !== undefined && !form.takesIf) {
    throw new UsageError(`--if is for set; ${name} takes none`);
  }
  return form.action(args, flags);
}

function ask({ json }: LineFlags, requests: readonly Request[]): Action {
  return { type: "ask", requests, json };
}

function setRequest(key: string, value: string, flags: LineFlags): Request {
  const bytes = byteLength(value);
  const { if: when } = flags;
  return when === undefined
    ? write({ type: "set", key, value, bytes }, flags)
    : write({ type: "put", key, value, bytes, when, previous: false }, flags);
}

function write(operation: WriteOperation, flags: LineFlags): Request {
  return { type: "write", operation, options: options(flags) };
}

function options({ consistency, timeout, id }: LineFlags): RequestOptions {
  return {
    ...(consistency !== undefined && { consistency }),
    ...(timeout !== undefined && { timeout }),
    ...(id !== undefined && { id }),
  };
}
