/**
 * Operations as JSON, between replicas and in the log on disk: the value of a message's form.
 *
 * A `set`'s value is its text, that of a `delete` or a fence is null; any other operation's is an
 * array that begins with its word.
 *
 * @module
 */

import {
  FAILURES,
  type Fence,
  type Operation,
  type Result,
  STORED,
  valueBytes,
} from "../order/operation.ts";
import { RequestError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import { byteLength } from "../bytes.ts";
import { array, badRequest, brief, count, text } from "./json.ts";

/** What stands for the operation in a message's form, besides its key. */
export function encodeValue(operation: Operation): unknown {
  switch (operation.type) {
    case "set":
      return operation.value;
    case "delete":
    case "fence":
      return null;
    case "put":
      return ["put", operation.value, operation.when, operation.previous];
    case "cas":
      return ["cas", operation.expected, operation.value];
    case "add":
      return ["add", operation.by];
    case "append":
      return ["append", operation.value, operation.bytesMax];
    case "take":
    case "clear":
      return [operation.type];
    case "rename":
      return ["rename", operation.to, operation.when];
    case "several":
      return ["several", ...operation.pairs];
    default:
      return unreachable(operation);
  }
}

/** What an operation gave: nothing is written for what most give. */
export function encodeResult(result: Result): unknown[] {
  switch (result.type) {
    case "stored":
      return [];
    case "unchanged":
      return ["unchanged"];
    case "value":
      return ["value", result.value];
    case "number":
      return ["number", result.number];
    case "failed":
      return ["failed", result.reason];
    default:
      return unreachable(result);
  }
}

/**
 * What an operation gave.
 *
 * @throws {RequestError} if that is no result
 */
export function decodeResult([word, content]: readonly unknown[]): Result {
  switch (word) {
    case undefined:
      return STORED;
    case "unchanged":
      return { type: "unchanged" };
    case "value":
      return { type: "value", value: readContent(content) };
    case "number":
      return { type: "number", number: readNumber(content) };
    case "failed":
      return { type: "failed", reason: readWord(content, FAILURES) };
    default:
      throw badRequest(`unknown result ${brief(word)}`);
  }
}

/** The request's id, and that it was answered before it is ordered, or until where it counts. */
export function encodeRequest(operation: Operation): (string | number)[] {
  if (operation.id === undefined) return [];
  if (operation.type === "fence") return [operation.id];
  if (operation.eventual === true) return [operation.id, "eventual"];
  return operation.until === undefined ? [operation.id] : [operation.id, operation.until];
}

/** How long an operation with an id counts. */
interface Lasting {
  readonly eventual?: true;
  readonly until?: number;
}

/**
 * The operation that a message's form bears.
 *
 * @throws {RequestError} if it bears none
 */
export function decodeOperation(
  key: unknown,
  value: unknown,
  bytes: unknown,
  requestId: unknown,
  until: unknown,
): Operation {
  const name = text(key, "the key");
  if (name === "" && value === null) {
    return { type: "fence", key: "", id: text(requestId, "the request id") };
  }
  const operation = readOperation(name, value);
  if (bytes !== valueBytes(operation)) throw badRequest("bytes must be the length of the values");
  return requestId === undefined ? operation : { ...operation, ...readRequest(requestId, until) };
}

/** What a message's form says that it does; null if that is nothing that is known, or a fence. */
export function decodeContent(key: string, value: unknown): Operation | null {
  try {
    return key === "" && value === null ? null : readOperation(key, value);
  } catch (error) {
    if (error instanceof RequestError) return null;
    throw error;
  }
}

function readOperation(key: string, value: unknown): Exclude<Operation, Fence> {
  if (typeof value === "string") {
    const content = text(value, "the value");
    return { type: "set", key, value: content, bytes: byteLength(content) };
  }
  if (value === null) return { type: "delete", key };
  if (!Array.isArray(value)) throw badRequest("the value of a message must be a text or an array");
  const [word, first, second, third] = value;
  switch (word) {
    case "put": {
      const content = text(first, "the value");
      const bytes = byteLength(content);
      const when = readWord(second, ["always", "absent", "present"]);
      return {
        type: "put",
        key,
        value: content,
        bytes,
        when,
        previous: third === true,
      };
    }
    case "cas": {
      const [expected, content] = [readContent(first), readContent(second)];
      const bytes = lengthOf(expected) + lengthOf(content);
      return { type: "cas", key, expected, value: content, bytes };
    }
    case "add":
      return { type: "add", key, by: readNumber(first) };
    case "append": {
      const content = text(first, "the value");
      const bytesMax = count(second, "the most bytes");
      return {
        type: "append",
        key,
        value: content,
        bytes: byteLength(content),
        bytesMax,
      };
    }
    case "take":
      return { type: "take", key };
    case "rename": {
      const when = readWord(second, ["always", "absent"]);
      return { type: "rename", key, to: text(first, "the new key"), when };
    }
    case "several": {
      const pairs = value.slice(1).map(readPair);
      const bytes = pairs.reduce((sum, [name, of]) => sum + byteLength(name) + lengthOf(of), 0);
      return { type: "several", key: "", pairs, bytes };
    }
    case "clear":
      return { type: "clear", key: "" };
    default:
      throw badRequest(`unknown operation ${brief(word)}`);
  }
}

function readRequest(id: unknown, until: unknown): { readonly id: string } & Lasting {
  const name = { id: text(id, "the request id") };
  if (until === undefined) return name;
  if (until === "eventual") return { ...name, eventual: true };
  return { ...name, until: count(until, "until where a request counts") };
}

function readPair(value: unknown): readonly [key: string, value: string | null] {
  const [key, content] = array(value, "a key with its value");
  return [text(key, "the key"), readContent(content)];
}

function readContent(value: unknown): string | null {
  return value === null ? null : text(value, "the value");
}

function lengthOf(content: string | null): number {
  return content === null ? 0 : byteLength(content);
}

function readNumber(value: unknown): string {
  const number = text(value, "the number");
  if (!/^-?(?:0|[1-9]\d{0,18})$/.test(number)) throw badRequest("the number must be decimal");
  return number;
}

function readWord<T extends string>(value: unknown, words: readonly T[]): T {
  const word = words.find((known) => known === value);
  if (word === undefined) throw badRequest(`unknown word ${brief(value)}`);
  return word;
}
