/**
 * NATS's text protocol, as a client of a JetStream key-value bucket speaks it.
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

/** The bucket. */
export const BUCKET = "bench";
/** The stream behind it. */
export const STREAM = `KV_${BUCKET}`;

/** What a client says first; errors come by themselves, successes do not. */
export const CONNECT = `CONNECT ${
  JSON.stringify({
    verbose: false,
    pedantic: false,
    protocol: 1,
    headers: true,
    no_responders: true,
    lang: "deno",
    version: "0",
  })
}\r\n`;

/** The first letters of `MSG`, `HMSG`, `PING` and `PONG`, `INFO`; and the second of `PONG`. */
const [M, H, P, I, O] = bytesOf("MHPIO");
const SPACE = " ".charCodeAt(0);
/** `{"error":…` or `{"stream":…`: the third byte tells. */
const ERROR_LETTER = "e".charCodeAt(0);
/** `NATS/1.0 404 …`: where the status stands, if there is one. */
const STATUS_AT = "NATS/1.0".length;

const PONG = bytesOf("PONG\r\n");

/** A connection to a server that holds the bucket. */
export class NatsDialogue implements Dialogue {
  readonly opening: Uint8Array;
  answers = 0;
  failures = 0;
  failure = "";
  readonly #write: Template;
  readonly #read: Template;
  #isPinged = false;

  constructor({ valueBytes, connection }: DialogueOptions) {
    const inbox = `_INBOX.bench.${connection}.${crypto.randomUUID()}`;
    const subject = `$KV.${BUCKET}.${keyText(0)}`;
    this.opening = bytesOf(CONNECT, `SUB ${inbox} 1\r\n`, "PING\r\n");
    this.#write = new Template(
      bytesOf(`PUB ${subject} ${inbox} ${valueBytes}\r\n`, valueText(valueBytes), "\r\n"),
    );
    this.#read = new Template(
      bytesOf(`PUB $JS.API.DIRECT.GET.${STREAM}.${subject} ${inbox} 0\r\n\r\n`),
    );
  }

  create(key: number): Uint8Array {
    return this.write(key);
  }

  write(key: number): Uint8Array {
    return this.#write.for(key);
  }

  read(key: number): Uint8Array {
    return this.#read.for(key);
  }

  take(bytes: Uint8Array, from: number, to: number): number {
    const end = lineEnd(bytes, from, to);
    if (end < 0) return 0;
    const used = end + 2 - from;
    switch (bytes[from]) {
      case M:
        return this.#message(bytes, from, { end, to, withHeader: false });
      case H:
        return this.#message(bytes, from, { end, to, withHeader: true });
      case P:
        if (bytes[from + 1] === O) this.answers++;
        else this.#isPinged = true;
        return used;
      case I:
        return used;
      default:
        throw new ProtocolError(`NATS answered ${textAt(bytes, from, end)}`);
    }
  }

  reply(): Uint8Array | null {
    if (!this.#isPinged) return null;
    this.#isPinged = false;
    return PONG;
  }

  #message(
    bytes: Uint8Array,
    from: number,
    { end, to, withHeader }: { end: number; to: number; withHeader: boolean },
  ): number {
    let lengthAt = end;
    while (bytes[lengthAt - 1] !== SPACE) lengthAt--;
    const next = end + 2 + decimal(bytes, lengthAt, end) + 2;
    if (next > to) return 0;
    const isFailure = withHeader
      ? bytes[end + 2 + STATUS_AT] === SPACE
      : bytes[end + 4] === ERROR_LETTER;
    this.answers++;
    if (isFailure) {
      this.failures++;
      this.failure = textAt(bytes, end + 2, next - 2).trim();
    }
    return next - from;
  }
}
