/**
 * The forms of the client port's writes, as `message.ts` lists them.
 *
 * @module
 */

import { byteLength } from "../bytes.ts";
import type { WireLimits } from "../limits.ts";
import { unreachable } from "../invariant.ts";
import type { Change, Delete, Failure, Named, Result, Set } from "../order/operation.ts";
import {
  checkBytes,
  given,
  readKey,
  readOptions,
  type RequestOptions,
  tooLarge,
} from "./fields.ts";
import { badRequest, brief, isObject, text } from "./json.ts";

export { FAILURES } from "../order/operation.ts";
export type { Change, Delete, Failure, Named, Result, Set };

/** What a client can have carried out in the total order. It bears no name: the options do. */
export type WriteOperation =
  | Set
  | Delete
  | Extract<Change, { type: "put" }> & { readonly when: Condition; readonly previous: false }
  | Extract<Change, { type: "cas" | "add" | "append" }>
  | Extract<Change, { type: "rename" }> & { readonly when: "always" };

/** What must hold for a key to be set. */
export type Condition = "absent" | "present";

/** A write as a client asks for it. */
export interface Write {
  /** Tells a write from what asks. */
  readonly type: "write";
  /** What is to be carried out. */
  readonly operation: WriteOperation;
  /** Its name, its level and its limits. */
  readonly options: RequestOptions;
}

/** The words that the forms of writes begin with. */
export const WRITE_COMMANDS = ["set", "delete", "incr", "append", "cas", "rename"] as const;

/** One of {@linkcode WRITE_COMMANDS}. */
export type WriteCommand = typeof WRITE_COMMANDS[number];

/** Whether a form that begins with this is a write. */
export function isWriteCommand(word: unknown): word is WriteCommand {
  return WRITE_COMMANDS.some((command) => command === word);
}

/**
 * Reads a write from its form.
 *
 * @throws {RequestError} if the form is wrong
 */
export function decodeWrite(
  command: WriteCommand,
  [, first, second, third, fourth]: readonly unknown[],
  limits: WireLimits,
): Write {
  const key = readKey(first, limits);
  switch (command) {
    case "set": {
      const [value, bytes] = readValue(second, third, limits);
      const options = readOptions(fourth, ["if"]);
      const when = isObject(fourth) ? fourth.if : undefined;
      if (when === undefined) return write({ type: "set", key, value, bytes }, options);
      if (when !== "absent" && when !== "present") {
        throw badRequest(`if must be absent or present, and is ${brief(when)}`);
      }
      return write({ type: "put", key, value, bytes, when, previous: false }, options);
    }
    case "delete":
      return write({ type: "delete", key }, readOptions(second));
    case "incr":
      return write({ type: "add", key, by: readStep(second) }, readOptions(third));
    case "append": {
      const [value, bytes] = readValue(second, third, limits);
      const bytesMax = limits.valueBytes;
      return write({ type: "append", key, value, bytes, bytesMax }, readOptions(fourth));
    }
    case "cas": {
      const expected = readContent(second, "the expected value");
      const value = readContent(third, "the value");
      const bytes = byteLength(expected ?? "") + byteLength(value ?? "");
      // Both travel in one frame between the replicas.
      checkLength(bytes, "the two values have", limits);
      return write({ type: "cas", key, expected, value, bytes }, readOptions(fourth));
    }
    case "rename": {
      const to = readKey(second, limits);
      return write({ type: "rename", key, to, when: "always" }, readOptions(third));
    }
    default:
      return unreachable(command);
  }
}

/** The form of a write. */
export function encodeWrite({ operation, options }: Write): unknown[] {
  const { key } = operation;
  switch (operation.type) {
    case "set":
      return ["set", key, operation.value, operation.bytes, ...given(options)];
    case "put":
      return ["set", key, operation.value, operation.bytes, { if: operation.when, ...options }];
    case "delete":
      return ["delete", key, ...given(options)];
    case "add":
      return ["incr", key, operation.by, ...given(options)];
    case "append":
      return ["append", key, operation.value, operation.bytes, ...given(options)];
    case "cas":
      return ["cas", key, operation.expected, operation.value, ...given(options)];
    case "rename":
      return ["rename", key, operation.to, ...given(options)];
    default:
      return unreachable(operation);
  }
}

function write(operation: WriteOperation, options: RequestOptions): Write {
  return { type: "write", operation, options };
}

function readValue(
  value: unknown,
  bytes: unknown,
  limits: WireLimits,
): [value: string, bytes: number] {
  const content = text(value, "the value");
  const length = checkBytes(bytes, content);
  checkLength(length, "the value has", limits);
  return [content, length];
}

function readContent(value: unknown, name: string): string | null {
  return value === null ? null : text(value, name);
}

function checkLength(bytes: number, what: string, { valueBytes }: WireLimits): void {
  if (bytes > valueBytes) throw tooLarge(`${what} ${bytes} bytes; the limit is ${valueBytes}`);
}

const STEP_MAX = 2n ** 63n - 1n;

/** How much is added: 1 if nothing is said. */
function readStep(value: unknown): string {
  if (value === undefined || value === null) return "1";
  const step = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (
    typeof step !== "string" || !/^(?:0|-?[1-9]\d{0,18})$/.test(step) ||
    BigInt(step) > STEP_MAX || BigInt(step) < -STEP_MAX - 1n
  ) throw badRequest(`the step must be a decimal number of 64 bits, and is ${brief(value)}`);
  return step;
}
