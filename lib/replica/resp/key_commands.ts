/**
 * Commands on keys.
 *
 * @module
 */

import { byteLength } from "../../bytes.ts";
import { RESP_ANSWER_BYTES_MAX, RESP_SCAN_KEYS_MAX } from "../../limits.ts";
import type { Result } from "../../order/operation.ts";
import type { RespWriter } from "../../wire/resp_writer.ts";
import { glob, type Match, prefixOf } from "./glob.ts";
import {
  type Answer,
  type Arguments,
  type Asking,
  checkTogether,
  type Command,
  type Here,
  ok,
  readInteger,
  readKey,
  readKeys,
  readWord,
  type RespRequest,
  syntaxError,
  tooLarge,
  wrong,
} from "./request.ts";

/** What `SCAN` looks at for one answer if it is not told, as in Redis. */
const SCAN_COUNT = 10;

/** Deletes keys and gives how many there were. */
function remove(args: Arguments, { limits }: Asking): RespRequest {
  const keys = readKeys(args, limits);
  const bytes = keys.reduce((sum, key) => sum + byteLength(key), 0);
  if (keys.length > 1) checkTogether(bytes, keys.length, limits);
  const pairs = keys.map((key) => [key, null] as const);
  return {
    type: "write",
    operation: { type: "several", key: "", pairs, bytes },
    answer: (out, result) => {
      if (result.type === "number") out.integer(result.number);
      else {out.error(
          "TIMEOUT the keys are deleted; how many there were is not known here any more",
        );}
    },
    locally: (here) => ({ type: "number", number: String(countHeld(here, new Set(keys))) }),
  };
}

function countHeld(here: Here, keys: Iterable<string>): number {
  let held = 0;
  for (const key of keys) if (here.value(key) !== undefined) held++;
  return held;
}

function rename(args: Arguments, { limits }: Asking, when: "always" | "absent"): RespRequest {
  const key = readKey(args, 1, limits);
  const to = readKey(args, 2, limits);
  const answer = when === "always"
    ? ok
    : (out: RespWriter, { type }: Result) => out.integer(type === "unchanged" ? 0 : 1);
  return { type: "write", operation: { type: "rename", key, to, when }, answer };
}

/** Answers by what one key holds. */
function ofKey(
  args: Arguments,
  { limits }: Asking,
  act: (out: RespWriter, value: string | undefined) => void,
): RespRequest {
  const key = readKey(args, 1, limits);
  return { type: "read", answer: (out, here) => act(out, here.value(key)) };
}

/** A pattern, and what keys that match it begin with. */
function readPattern(args: Arguments, index: number, { limits }: Asking): [Match, string] {
  const bytes = args.size(index);
  if (bytes > limits.keyBytes) {
    throw tooLarge(`the pattern has ${bytes} bytes; the limit is ${limits.keyBytes}`);
  }
  const pattern = args.text(index);
  return [glob(pattern), prefixOf(pattern)];
}

/** Lists all keys that match a pattern. */
function list(args: Arguments, asking: Asking): RespRequest {
  const [matches, prefix] = readPattern(args, 1, asking);
  const found: string[] = [];
  let bytes = 0;
  return {
    type: "walk",
    prefix,
    see(keys) {
      for (const key of keys) {
        if (!matches(key)) continue;
        found.push(key);
        bytes += byteLength(key);
      }
      return bytes <= RESP_ANSWER_BYTES_MAX;
    },
    answer(out) {
      if (bytes <= RESP_ANSWER_BYTES_MAX) return out.bulks(found);
      out.error(`TOOLARGE the keys have more than ${RESP_ANSWER_BYTES_MAX} bytes: use SCAN`);
    },
  };
}

/** Lists some keys that match a pattern, and where to go on. */
function scan(args: Arguments, asking: Asking): RespRequest {
  const cursor = readCursor(args);
  let [matches, prefix]: [Match, string] = [() => true, ""];
  let limit = SCAN_COUNT;
  for (let i = 2; i < args.length; i += 2) {
    if (i + 1 === args.length) throw syntaxError();
    switch (readWord(args, i)) {
      case "MATCH":
        [matches, prefix] = readPattern(args, i + 1, asking);
        break;
      case "COUNT":
        limit = readScanCount(args, i + 1);
        break;
      case "TYPE":
        if (readWord(args, i + 1) !== "STRING") matches = () => false;
        break;
      default:
        throw syntaxError();
    }
  }
  return { type: "read", lists: true, answer: scanAnswer(cursor, prefix, { limit, matches }) };
}

function scanAnswer(
  cursor: string,
  prefix: string,
  { limit, matches }: { readonly limit: number; readonly matches: Match },
): Answer {
  return (out, here) => {
    const { cursors } = here.clients;
    const after = cursor === "0" ? undefined : cursors.get(cursor);
    if (after === undefined && cursor !== "0") return out.error("ERR invalid cursor");
    const keys = here.scan(prefix, { after, limit }).map(([key]) => key);
    out.array(2);
    out.bulk(keys.length < limit ? "0" : cursors.put(keys[keys.length - 1]));
    out.bulks(keys.filter(matches));
  };
}

function readCursor(args: Arguments): string {
  const cursor = args.size(1) > 20 ? "" : args.text(1);
  if (!/^\d+$/.test(cursor)) throw wrong("invalid cursor");
  return cursor;
}

function readScanCount(args: Arguments, index: number): number {
  const count = readInteger(args, index);
  if (count < 1n) throw syntaxError();
  return count > RESP_SCAN_KEYS_MAX ? RESP_SCAN_KEYS_MAX : Number(count);
}

/** Gives one key, each as likely as another. */
function random(): RespRequest {
  const chance = Math.random();
  let found: string | null = null;
  let place: number | undefined;
  return {
    type: "walk",
    prefix: "",
    begin: (here) => place = Math.floor(chance * here.status().keys),
    see(keys) {
      if (keys.length === 0 || place === undefined) return false;
      found = keys[Math.min(place, keys.length - 1)];
      place -= keys.length;
      return place >= 0;
    },
    answer: (out) => found === null ? out.null() : out.bulk(found),
  };
}

const READ = ["readonly", "fast"];
const CLEAR = {
  arity: -1,
  flags: ["write"],
  keys: [0, 0, 0],
  group: "server",
  summary: "Deletes all keys.",
  ask(args) {
    const isKnown = args.length === 1 ||
      (args.length === 2 && ["ASYNC", "SYNC"].includes(readWord(args, 1)));
    if (!isKnown) throw syntaxError();
    return { type: "write", operation: { type: "clear", key: "" }, answer: ok };
  },
} as const satisfies Omit<Command, "name">;

/** Commands on keys. */
export const KEY_COMMANDS: readonly Command[] = [
  ...["del", "unlink"].map((name): Command => ({
    name,
    arity: -2,
    flags: ["write"],
    keys: [1, -1, 1],
    group: "generic",
    summary: "Deletes keys and gives how many there were.",
    ask: remove,
  })),
  {
    name: "exists",
    arity: -2,
    flags: READ,
    keys: [1, -1, 1],
    group: "generic",
    summary: "Gives how many of the keys are there.",
    ask(args, { limits }) {
      const keys = readKeys(args, limits);
      return { type: "read", answer: (out, here) => out.integer(countHeld(here, keys)) };
    },
  },
  {
    name: "keys",
    arity: 2,
    flags: ["readonly"],
    keys: [0, 0, 0],
    group: "generic",
    summary: "Lists all keys that match a pattern.",
    ask: list,
  },
  {
    name: "scan",
    arity: -2,
    flags: ["readonly"],
    keys: [0, 0, 0],
    group: "generic",
    summary: "Lists some keys, and a cursor with which to go on: MATCH pattern, COUNT count.",
    ask: scan,
  },
  {
    name: "randomkey",
    arity: 1,
    flags: ["readonly"],
    keys: [0, 0, 0],
    group: "generic",
    summary: "Gives a key by chance.",
    ask: random,
  },
  {
    name: "rename",
    arity: 3,
    flags: ["write"],
    keys: [1, 2, 1],
    group: "generic",
    summary: "Gives a value to another key.",
    ask: (args, asking) => rename(args, asking, "always"),
  },
  {
    name: "renamenx",
    arity: 3,
    flags: ["write", "fast"],
    keys: [1, 2, 1],
    group: "generic",
    summary: "Gives a value to another key if that is absent.",
    ask: (args, asking) => rename(args, asking, "absent"),
  },
  {
    name: "type",
    arity: 2,
    flags: READ,
    keys: [1, 1, 1],
    group: "generic",
    summary: "Says whether there is a value: string, or none.",
    ask: (args, asking) =>
      ofKey(args, asking, (out, value) => out.simple(value === undefined ? "none" : "string")),
  },
  ...["ttl", "pttl"].map((name): Command => ({
    name,
    arity: 2,
    flags: READ,
    keys: [1, 1, 1],
    group: "generic",
    summary: "Says that a key has no time limit (-1), or is not there (-2).",
    ask: (args, asking) =>
      ofKey(args, asking, (out, value) => out.integer(value === undefined ? -2 : -1)),
  })),
  {
    name: "dbsize",
    arity: 1,
    flags: READ,
    keys: [0, 0, 0],
    group: "server",
    summary: "Gives the number of keys.",
    ask: () => ({ type: "read", answer: (out, here) => out.integer(here.status().keys) }),
  },
  { name: "flushall", ...CLEAR },
  { name: "flushdb", ...CLEAR },
];
