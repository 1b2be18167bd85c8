/**
 * What commands of Redis's protocol ask of a replica, and how their arguments are read.
 *
 * @module
 */

import { bytesOf, textOf } from "../../bytes.ts";
import { RequestError } from "../../errors.ts";
import { RESP_KEY_OVERHEAD_BYTES, RESP_KEYS_MAX, type WireLimits } from "../../limits.ts";
import type { Fence, Operation, Result } from "../../order/operation.ts";
import type { Page } from "../../store/store.ts";
import type { Status } from "../../wire/message.ts";
import type { Arguments } from "../../wire/resp_reader.ts";
import type { RespWriter } from "../../wire/resp_writer.ts";
import type { RespClient, RespClients } from "./clients.ts";

export type { Arguments };

/** The replica that a client talks to, as answers are made of it. */
export interface Here {
  /** The replica's clock, in milliseconds. */
  now(): number;
  /** The value of a key. */
  value(key: string): string | undefined;
  /** Keys that begin with the prefix, with their values, in the order of their bytes. */
  scan(prefix: string, page: Page): (readonly [key: string, value: string])[];
  /** What the replica says of itself. */
  status(): Status;
  /** All clients that speak this protocol to it. */
  readonly clients: RespClients;
}

/** Writes an answer. */
export type Answer = (out: RespWriter, here: Here) => void;

/** Writes what an operation gave; never called with a failure. */
export type ResultAnswer = (out: RespWriter, result: Result) => void;

/** What a command asks. */
export type RespRequest =
  | RespWrite
  /** Reads the local store, as the connection's level has it. */
  | {
    readonly type: "read";
    readonly answer: Answer;
    /** Whether it lists keys, and not only reads some that it names. */
    readonly lists?: true;
  }
  /** Reads no key. */
  | { readonly type: "tell"; readonly answer: Answer }
  | RespWalk
  /** How many other replicas have what this connection has written? */
  | { readonly type: "wait"; readonly replicas: number; readonly timeoutMs: number }
  /** It is wrong, or cannot be carried out. */
  | { readonly type: "refused"; readonly error: RequestError }
  /** The client wants no more. */
  | { readonly type: "quit" }
  /** This is no client of this protocol. */
  | { readonly type: "drop" };

/** Changes the store. */
export interface RespWrite {
  readonly type: "write";
  readonly operation: Exclude<Operation, Fence>;
  readonly answer: ResultAnswer;
  /** What it gives as far as this replica knows: the answer to what is answered before it is ordered. */
  readonly locally?: (here: Here) => Result;
}

/** Goes through keys, some in each turn. */
export interface RespWalk {
  readonly type: "walk";
  readonly prefix: string;
  /** Is called before the first. */
  begin?(here: Here): void;
  /** Looks at some; false if no more are wanted. */
  see(keys: readonly string[]): boolean;
  readonly answer: Answer;
}

/** What a command needs to know to understand its arguments. */
export interface Asking {
  /** Who asks. */
  readonly client: RespClient;
  /** Bounds of keys and values. */
  readonly limits: WireLimits;
  /** All commands there are, by name. */
  readonly commands: ReadonlyMap<string, Command>;
}

/** A command, or one of several that begin with the same word. */
export interface Command {
  /** In lower case; of several that begin alike both words, as `client|id`. */
  readonly name: string;
  /** How many arguments it has, its name included; negative: at least so many. */
  readonly arity: number;
  /** What Redis calls it: `readonly`, `write`, `fast` and the like. */
  readonly flags: readonly string[];
  /** The places of its first and its last key (negative: from the end), and how far they are apart. */
  readonly keys: readonly [first: number, last: number, step: number];
  /** Under which heading it is explained. */
  readonly group: "string" | "generic" | "connection" | "server" | "kvdist";
  /** What it does, in a line. */
  readonly summary: string;
  /** By their second word, those that begin with this one. */
  readonly subcommands?: ReadonlyMap<string, Command>;
  /**
   * Understands its arguments.
   *
   * @throws {RequestError} if they are wrong, in Redis's words where Redis has some
   */
  ask(args: Arguments, asking: Asking): RespRequest;
}

/** What is wrong with a command. */
export function wrong(words: string): RequestError {
  return new RequestError("bad_request", words, { maybe: false });
}

/** A key or value is over its limit. */
export function tooLarge(words: string): RequestError {
  return new RequestError("too_large", words, { maybe: false });
}

/** What does not fit into the form of its command. */
export function syntaxError(): RequestError {
  return wrong("syntax error");
}

/** An answer that needs nothing. */
export function tell(answer: Answer): RespRequest {
  return { type: "tell", answer };
}

/** The answer to most that is carried out. */
export function ok(out: RespWriter): void {
  out.simple("OK");
}

/** Reads a key. */
export function readKey(args: Arguments, index: number, { keyBytes }: WireLimits): string {
  const bytes = args.size(index);
  if (bytes === 0) throw wrong("a key must not be empty");
  if (bytes > keyBytes) throw tooLarge(`the key has ${bytes} bytes; the limit is ${keyBytes}`);
  return args.text(index);
}

/** Reads all arguments from this one on, each `step` of them one key. */
export function readKeys(
  args: Arguments,
  limits: WireLimits,
  { from = 1, step = 1 } = {},
): string[] {
  const count = Math.ceil((args.length - from) / step);
  if (count > RESP_KEYS_MAX) {
    throw tooLarge(`the command names ${count} keys; the limit is ${RESP_KEYS_MAX}`);
  }
  return Array.from({ length: count }, (_, i) => readKey(args, from + i * step, limits));
}

/** Reads a value. */
export function readValue(args: Arguments, index: number, { valueBytes }: WireLimits): string {
  const bytes = args.size(index);
  if (bytes > valueBytes) {
    throw tooLarge(`the value has ${bytes} bytes; the limit is ${valueBytes}`);
  }
  return args.text(index);
}

/** Refuses what would be too much for one message between replicas. */
export function checkTogether(bytes: number, keys: number, { valueBytes }: WireLimits): void {
  const all = bytes + keys * RESP_KEY_OVERHEAD_BYTES;
  if (all <= valueBytes) return;
  throw tooLarge(
    `the keys and values have ${all} bytes together, ${RESP_KEY_OVERHEAD_BYTES} for each key ` +
      `included; the limit is ${valueBytes}`,
  );
}

const INTEGER_MAX = 2n ** 63n - 1n;

/** Reads a number of 64 bits. */
export function readInteger(args: Arguments, index: number): bigint {
  const text = args.size(index) > 20 ? "" : args.text(index);
  const number = /^(?:0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : null;
  if (number === null || number > INTEGER_MAX || number < -INTEGER_MAX - 1n) {
    throw wrong("value is not an integer or out of range");
  }
  return number;
}

/** A word of a command, in capitals; a long one is none. */
export function readWord(args: Arguments, index: number): string {
  return args.size(index) > 64 ? "" : args.text(index).toUpperCase();
}

/** What an error repeats of an argument, in bytes, as Redis does. */
export const TOLD_BYTES_MAX = 128;

/** What an error repeats of an argument: its beginning, and nothing behind a zero, as Redis does. */
export function toldOf(args: Arguments, index: number, most: number = TOLD_BYTES_MAX): string {
  const text = args.text(index).slice(0, most + 1);
  const zero = text.indexOf("\0");
  return textOf(bytesOf(zero === -1 ? text : text.slice(0, zero)).subarray(0, most));
}
