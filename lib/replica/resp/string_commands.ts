/**
 * Commands on values.
 *
 * @module
 */

import { byteLength } from "../../bytes.ts";
import { RESP_ANSWER_BYTES_MAX, type WireLimits } from "../../limits.ts";
import type { Result } from "../../order/operation.ts";
import type { RespWriter } from "../../wire/resp_writer.ts";
import {
  type Arguments,
  type Asking,
  checkTogether,
  type Command,
  ok,
  readInteger,
  readKey,
  readKeys,
  readValue,
  readWord,
  type RespRequest,
  syntaxError,
  wrong,
} from "./request.ts";

const INTEGER_MIN = -(2n ** 63n);

/** Adds this to a number. */
function add(args: Arguments, { limits }: Asking, by: bigint): RespRequest {
  const key = readKey(args, 1, limits);
  return { type: "write", operation: { type: "add", key, by: String(by) }, answer: writeNumber };
}

function writeNumber(out: RespWriter, result: Result): void {
  if (result.type === "number") out.integer(result.number);
}

function writeValue(out: RespWriter, result: Result): void {
  if (result.type === "value" && result.value !== null) out.bulk(result.value);
  else out.null();
}

/** A key and its new value, as they follow the command's name. */
function readPair(args: Arguments, limits: WireLimits) {
  return {
    key: readKey(args, 1, limits),
    value: readValue(args, 2, limits),
    bytes: args.size(2),
  };
}

/** Sets a key, if what `SET` says besides lets it. */
function set(args: Arguments, { limits }: Asking): RespRequest {
  const pair = readPair(args, limits);
  if (args.length === 3) return { type: "write", operation: { ...pair, type: "set" }, answer: ok };
  const words = Array.from({ length: args.length - 3 }, (_, i) => readWord(args, 3 + i));
  const { when, previous } = readSetOptions(words);
  const operation = { ...pair, type: "put", when, previous } as const;
  if (previous) return { type: "write", operation, answer: writeValue };
  return {
    type: "write",
    operation,
    answer: (out, { type }) => type === "unchanged" ? out.null() : ok(out),
  };
}

const TIMES = ["EX", "PX", "EXAT", "PXAT", "KEEPTTL"];

function readSetOptions(words: readonly string[]) {
  const time = words.find((word) => TIMES.includes(word));
  if (time !== undefined) {
    throw wrong(`SET with ${time} is not supported: keys have no time limits here, they stay`);
  }
  const known = words.every((word) => ["NX", "XX", "GET"].includes(word));
  const [absent, present] = [words.includes("NX"), words.includes("XX")];
  if (!known || (absent && present)) throw syntaxError();
  const when = absent ? "absent" : present ? "present" : "always";
  return { when, previous: words.includes("GET") } as const;
}

/** Sets many keys at once. */
function setSeveral(args: Arguments, { limits }: Asking): RespRequest {
  if (args.length % 2 === 0) throw wrong("wrong number of arguments for 'mset' command");
  const keys = readKeys(args, limits, { step: 2 });
  const pairs = keys.map((key, i) => [key, readValue(args, 2 + 2 * i, limits)] as const);
  if (pairs.length === 1) {
    const [[key, value]] = pairs;
    return {
      type: "write",
      operation: { type: "set", key, value, bytes: args.size(2) },
      answer: ok,
    };
  }
  let bytes = 0;
  for (let i = 1; i < args.length; i++) bytes += args.size(i);
  checkTogether(bytes, pairs.length, limits);
  return {
    type: "write",
    operation: { type: "several", key: "", pairs, bytes },
    answer: ok,
  };
}

/** Gives many values at once. */
function getSeveral(args: Arguments, { limits }: Asking): RespRequest {
  const keys = readKeys(args, limits);
  return {
    type: "read",
    answer: (out, here) => {
      const values = keys.map((key) => here.value(key));
      const bytes = values.reduce((sum, value = "") => sum + byteLength(value), 0);
      if (bytes > RESP_ANSWER_BYTES_MAX) {
        const limit = RESP_ANSWER_BYTES_MAX;
        return out.error(`TOOLARGE the values have ${bytes} bytes together; the limit is ${limit}`);
      }
      out.array(values.length);
      for (const value of values) {
        if (value === undefined) out.null();
        else out.bulk(value);
      }
    },
  };
}

const READ = ["readonly", "fast"];
const WRITE = ["write", "denyoom", "fast"];

/** Commands on values. */
export const STRING_COMMANDS: readonly Command[] = [
  {
    name: "get",
    arity: 2,
    flags: READ,
    keys: [1, 1, 1],
    group: "string",
    summary: "Gives the value of a key.",
    ask(args, { limits }) {
      const key = readKey(args, 1, limits);
      return {
        type: "read",
        answer: (out, here) => {
          const value = here.value(key);
          if (value === undefined) out.null();
          else out.bulk(value);
        },
      };
    },
  },
  {
    name: "set",
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [1, 1, 1],
    group: "string",
    summary:
      "Sets a key; with NX or XX only if it is absent or present; with GET gives the old value.",
    ask: set,
  },
  {
    name: "setnx",
    arity: 3,
    flags: WRITE,
    keys: [1, 1, 1],
    group: "string",
    summary: "Sets a key if it is absent.",
    ask(args, { limits }) {
      return {
        type: "write",
        operation: { ...readPair(args, limits), type: "put", when: "absent", previous: false },
        answer: (out, { type }) => out.integer(type === "unchanged" ? 0 : 1),
      };
    },
  },
  {
    name: "getset",
    arity: 3,
    flags: WRITE,
    keys: [1, 1, 1],
    group: "string",
    summary: "Sets a key and gives the value it had.",
    ask(args, { limits }) {
      return {
        type: "write",
        operation: { ...readPair(args, limits), type: "put", when: "always", previous: true },
        answer: writeValue,
      };
    },
  },
  {
    name: "getdel",
    arity: 2,
    flags: ["write", "fast"],
    keys: [1, 1, 1],
    group: "string",
    summary: "Deletes a key and gives the value it had.",
    ask(args, { limits }) {
      const key = readKey(args, 1, limits);
      return { type: "write", operation: { type: "take", key }, answer: writeValue };
    },
  },
  {
    name: "mget",
    arity: -2,
    flags: READ,
    keys: [1, -1, 1],
    group: "string",
    summary: "Gives the values of many keys.",
    ask: getSeveral,
  },
  {
    name: "mset",
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [1, -1, 2],
    group: "string",
    summary: "Sets many keys at once.",
    ask: setSeveral,
  },
  {
    name: "append",
    arity: 3,
    flags: WRITE,
    keys: [1, 1, 1],
    group: "string",
    summary: "Adds to the end of a value and gives its length.",
    ask(args, { limits }) {
      const key = readKey(args, 1, limits);
      const value = readValue(args, 2, limits);
      const [bytes, bytesMax] = [args.size(2), limits.valueBytes];
      return {
        type: "write",
        operation: { type: "append", key, value, bytes, bytesMax },
        answer: writeNumber,
      };
    },
  },
  {
    name: "strlen",
    arity: 2,
    flags: READ,
    keys: [1, 1, 1],
    group: "string",
    summary: "Gives the length of a value in bytes.",
    ask(args, { limits }) {
      const key = readKey(args, 1, limits);
      return {
        type: "read",
        answer: (out, here) => out.integer(byteLength(here.value(key) ?? "")),
      };
    },
  },
  {
    name: "incr",
    arity: 2,
    flags: WRITE,
    keys: [1, 1, 1],
    group: "string",
    summary: "Adds one to a number.",
    ask: (args, asking) => add(args, asking, 1n),
  },
  {
    name: "decr",
    arity: 2,
    flags: WRITE,
    keys: [1, 1, 1],
    group: "string",
    summary: "Takes one from a number.",
    ask: (args, asking) => add(args, asking, -1n),
  },
  {
    name: "incrby",
    arity: 3,
    flags: WRITE,
    keys: [1, 1, 1],
    group: "string",
    summary: "Adds to a number.",
    ask: (args, asking) => add(args, asking, readInteger(args, 2)),
  },
  {
    name: "decrby",
    arity: 3,
    flags: WRITE,
    keys: [1, 1, 1],
    group: "string",
    summary: "Takes from a number.",
    ask(args, asking) {
      const by = readInteger(args, 2);
      if (by === INTEGER_MIN) throw wrong("decrement would overflow");
      return add(args, asking, -by);
    },
  },
];
