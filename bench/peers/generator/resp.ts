/**
 * Redis's protocol, RESP2: Redis and kvdist alike.
 *
 * @module
 */

import {
  decimal,
  type Dialogue,
  type DialogueOptions,
  lineEnd,
  ProtocolError,
  textAt,
} from "./dialogue.ts";
import { bytesOf, keyText, Template, valueText } from "./template.ts";

/** `WAIT` gives up after this long, in milliseconds; the write counts as failed then. */
export const WAIT_MS = 5_000;

const PLUS = "+".charCodeAt(0);
const MINUS = "-".charCodeAt(0);
const COLON = ":".charCodeAt(0);
const DOLLAR = "$".charCodeAt(0);

/** A command as an array of bulk strings. */
export function command(...words: readonly string[]): Uint8Array {
  const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
  return bytesOf(`*${words.length}\r\n`, ...parts);
}

/** A connection to Redis or kvdist. */
export class RespDialogue implements Dialogue {
  readonly opening = command("PING");
  answers = 0;
  failures = 0;
  failure = "";
  readonly #write: Template;
  readonly #read: Template;
  readonly #wait: number;
  /** Replies until the request is answered: with `WAIT` there are two. */
  #left = 1;
  #hasFailed = false;

  constructor({ valueBytes, wait = 0 }: DialogueOptions) {
    const set = command("SET", keyText(0), valueText(valueBytes));
    // Both in one write, as a client that wants to be sure would send them.
    const written = wait > 0 ? bytesOf(set, command("WAIT", `${wait}`, `${WAIT_MS}`)) : set;
    this.#write = new Template(written);
    this.#read = new Template(command("GET", keyText(0)));
    this.#wait = wait;
  }

  create(key: number): Uint8Array {
    return this.write(key);
  }

  write(key: number): Uint8Array {
    this.#left = this.#wait > 0 ? 2 : 1;
    return this.#write.for(key);
  }

  read(key: number): Uint8Array {
    this.#left = 1;
    return this.#read.for(key);
  }

  take(bytes: Uint8Array, from: number, to: number): number {
    const end = lineEnd(bytes, from, to);
    if (end < 0) return 0;
    const used = end + 2 - from;
    switch (bytes[from]) {
      case PLUS:
        this.#replied("");
        return used;
      case MINUS:
        this.#replied(textAt(bytes, from + 1, end));
        return used;
      case COLON: {
        const count = decimal(bytes, from + 1, end);
        this.#replied(count < this.#wait ? `only ${count} replicas received it` : "");
        return used;
      }
      case DOLLAR: {
        const length = decimal(bytes, from + 1, end);
        if (length < 0) {
          this.#replied("the key is not there");
          return used;
        }
        if (end + 2 + length + 2 > to) return 0;
        this.#replied("");
        return used + length + 2;
      }
      default:
        throw new ProtocolError(`Cannot read reply: it is no RESP: ${textAt(bytes, from, end)}`);
    }
  }

  reply(): null {
    return null;
  }

  #replied(failure: string): void {
    if (failure !== "") {
      this.failure = failure;
      this.#hasFailed = true;
    }
    if (--this.#left > 0) return;
    this.answers++;
    if (this.#hasFailed) this.failures++;
    this.#hasFailed = false;
  }
}
