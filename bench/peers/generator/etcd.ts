/**
 * etcd's gRPC, in HTTP/2 and protobuf encoded by hand: of both only what a client needs that has
 * one request under way on each connection.
 *
 * @module
 */

import {
  type Dialogue,
  type DialogueOptions,
  ProtocolError,
  putUint32,
  textAt,
  uint32,
} from "./dialogue.ts";
import { bytesOf, keyText, Template, valueText } from "./template.ts";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

const FRAME_HEADER_BYTES = 9;
const STREAM_AT = 5;
/** What a server takes in one frame unless it says otherwise. */
const FRAME_BYTES_MAX = 16_384;

const WINDOW_BYTES_MAX = 0x7fff_ffff;
/** What each connection may be sent before it says more. */
const WINDOW_BYTES = 65_535;
const INITIAL_WINDOW_SIZE = 4;

/** A stream's number ends here; at two for each request nothing that we run gets there. */
const STREAM_MAX = 0x7fff_ffff;

/** Field numbers of etcd's messages, with their kind: (number << 3) | kind. */
const PUT_KEY = 0x0a;
const PUT_VALUE = 0x12;
const RANGE_KEY = 0x0a;
const RANGE_SERIALIZABLE = 0x38;
const RESPONSE_KVS = 0x12;

/** A frame of HTTP/2. */
export function frame(
  type: number,
  { flags = 0, stream = 0 }: { flags?: number; stream?: number },
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const { length } = payload;
  const header = [length >> 16, length >> 8 & 0xff, length & 0xff, type, flags, 0, 0, 0, 0];
  const bytes = bytesOf(header, payload);
  putUint32(bytes, STREAM_AT, stream);
  return bytes;
}

/** A number as protobuf writes it: seven bits a byte, the lowest first. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 0x80);
  return [...bytes, rest];
}

/** A field of protobuf that holds a text. */
export function field(tag: number, text: string): Uint8Array {
  return bytesOf([tag], varint(text.length), text);
}

/** What asks etcd to put a key. */
export function putRequest(key: string, value: string): Uint8Array {
  return bytesOf(field(PUT_KEY, key), field(PUT_VALUE, value));
}

/** What asks the server itself for a key, without asking the others. */
export function rangeRequest(key: string): Uint8Array {
  return bytesOf(field(RANGE_KEY, key), [RANGE_SERIALIZABLE, 1]);
}

/** A text of at most 126 bytes as HPACK writes it, without Huffman's code. */
function headerText(text: string): Uint8Array {
  return bytesOf([text.length], text);
}

/** A request's headers as HPACK writes them, with nothing to remember for the next. */
export function requestHeaders(path: string): Uint8Array {
  const post = 0x83;
  const http = 0x86;
  const named = { path: 0x04, authority: 0x01, contentType: [0x0f, 31 - 15] };
  return bytesOf(
    [post, http, named.path],
    headerText(path),
    [named.authority],
    headerText("localhost"),
    named.contentType,
    headerText("application/grpc"),
    [0],
    headerText("te"),
    headerText("trailers"),
  );
}

/** The frames of one call; the stream's number is put in when it is sent. */
function call(path: string, message: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(5); // not compressed, and the length
  putUint32(prefix, 1, message.length);
  const body = bytesOf(prefix, message);
  if (body.length > FRAME_BYTES_MAX) {
    throw new RangeError(`Cannot make request: ${body.length} bytes do not fit into one frame`);
  }
  return bytesOf(
    frame(HEADERS, { flags: END_HEADERS }, requestHeaders(path)),
    frame(DATA, { flags: END_STREAM }, body),
  );
}

/** The length of the frame that begins there. */
function frameBytes(bytes: Uint8Array, at = 0): number {
  return FRAME_HEADER_BYTES + (bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2]);
}

/** What begins a connection: as much as possible may be sent to us. */
function opening(): Uint8Array {
  const settings = new Uint8Array(6);
  settings[1] = INITIAL_WINDOW_SIZE;
  putUint32(settings, 2, WINDOW_BYTES_MAX);
  return bytesOf(
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    frame(SETTINGS, {}, settings),
    moreRoom(WINDOW_BYTES_MAX - WINDOW_BYTES),
  );
}

function moreRoom(bytes: number): Uint8Array {
  const payload = new Uint8Array(4);
  putUint32(payload, 0, bytes);
  return frame(WINDOW_UPDATE, {}, payload);
}

/** A connection to etcd. */
export class EtcdDialogue implements Dialogue {
  readonly opening = opening();
  answers = 0;
  failures = 0;
  failure = "";
  readonly #write: Template;
  readonly #read: Template;
  readonly #writeDataAt: number;
  readonly #readDataAt: number;
  /** Numbers of streams that a client begins are odd. */
  #stream = -1;
  #isRead = false;
  #hasData = false;
  #received = 0;
  #reply: Uint8Array | null = null;

  constructor({ valueBytes }: DialogueOptions) {
    const put = call("/etcdserverpb.KV/Put", putRequest(keyText(0), valueText(valueBytes)));
    const range = call("/etcdserverpb.KV/Range", rangeRequest(keyText(0)));
    this.#write = new Template(put);
    this.#read = new Template(range);
    this.#writeDataAt = frameBytes(put);
    this.#readDataAt = frameBytes(range);
  }

  create(key: number): Uint8Array {
    return this.write(key);
  }

  write(key: number): Uint8Array {
    this.#isRead = false;
    return this.#numbered(this.#write.for(key), this.#writeDataAt);
  }

  read(key: number): Uint8Array {
    this.#isRead = true;
    return this.#numbered(this.#read.for(key), this.#readDataAt);
  }

  take(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < FRAME_HEADER_BYTES) return 0;
    const used = frameBytes(bytes, from);
    if (to - from < used) return 0;
    const isFlagged = (flag: number) => (bytes[from + 4] & flag) !== 0;
    const payloadAt = from + FRAME_HEADER_BYTES;
    switch (bytes[from + 3]) {
      case DATA:
        this.#took(bytes, payloadAt, from + used);
        break;
      case HEADERS:
        // Without a message there was an error; what it was is in Huffman's code.
        if (isFlagged(END_STREAM)) {
          this.#answered(this.#hasData ? "" : "etcd answered with an error");
        }
        break;
      case RST_STREAM:
        this.#answered(`etcd ended the request with error ${uint32(bytes, payloadAt)}`);
        break;
      case SETTINGS:
        if (isFlagged(ACK)) break;
        this.#say(frame(SETTINGS, { flags: ACK }));
        // The server's first word answers the opening.
        if (this.#stream < 0) this.answers++;
        break;
      case PING:
        if (!isFlagged(ACK)) {
          this.#say(frame(PING, { flags: ACK }, bytes.slice(payloadAt, from + used)));
        }
        break;
      case GOAWAY:
        throw new ProtocolError(
          `etcd ends the connection: ${textAt(bytes, payloadAt, from + used)}`,
        );
    }
    return used;
  }

  reply(): Uint8Array | null {
    const reply = this.#reply;
    this.#reply = null;
    return reply;
  }

  #took(bytes: Uint8Array, from: number, to: number): void {
    this.#received += to - from;
    if (this.#received > WINDOW_BYTES_MAX / 2) {
      this.#say(moreRoom(this.#received));
      this.#received = 0;
    }
    this.#hasData ||= !this.#isRead || holdsKey(bytes, from, to);
  }

  #answered(failure: string): void {
    this.answers++;
    this.#hasData = false;
    if (failure === "") return;
    this.failures++;
    this.failure = failure;
  }

  #say(bytes: Uint8Array): void {
    this.#reply = this.#reply === null ? bytes : bytesOf(this.#reply, bytes);
  }

  #numbered(request: Uint8Array, dataAt: number): Uint8Array {
    this.#stream += 2;
    if (this.#stream > STREAM_MAX) throw new ProtocolError("there are no more streams");
    putUint32(request, STREAM_AT, this.#stream);
    putUint32(request, dataAt + STREAM_AT, this.#stream);
    return request;
  }
}

/** Whether the answer to a range has a key, behind its header of less than 128 bytes. */
function holdsKey(bytes: Uint8Array, from: number, to: number): boolean {
  const headerAt = from + 5;
  const next = headerAt + 2 + bytes[headerAt + 1];
  return next < to && bytes[next] === RESPONSE_KVS;
}
