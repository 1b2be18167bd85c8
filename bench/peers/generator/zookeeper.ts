/**
 * ZooKeeper's own protocol: records in jute, each packet behind its length.
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

/** The kinds of requests, as ZooKeeper numbers them. */
const CREATE = 1;
const GET_DATA = 4;
const SET_DATA = 5;

const PERMISSION_ALL = 31;
/** Whatever version the node has now. */
const ANY_VERSION = -1;
/** `-110`: the node is there already. */
const NODE_EXISTS = -110;
/** The longest that three ticks of 2 s allow is 40 s. */
const SESSION_MS = 30_000;

/** Of a request: its length, its own number, its kind. */
const XID_AT = 4;
/** Of an answer: its number, the transaction's, its error; its length stands before. */
const REPLY_HEADER_BYTES = 16;

/** A number in four bytes. */
export function int(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  putUint32(bytes, 0, value);
  return bytes;
}

/** Bytes or text behind their length. */
export function buffer(content: string | Uint8Array): Uint8Array {
  const bytes = bytesOf(content);
  return bytesOf(int(bytes.length), bytes);
}

/** A packet: the parts behind their length. */
export function packet(...parts: readonly Uint8Array[]): Uint8Array {
  return buffer(bytesOf(...parts));
}

/** The first packet of a session. */
export function connectRequest(): Uint8Array {
  const version = int(0);
  const lastSeen = new Uint8Array(8);
  const session = new Uint8Array(8);
  const password = buffer(new Uint8Array(16));
  const isReadOnly = Uint8Array.of(0);
  return packet(version, lastSeen, int(SESSION_MS), session, password, isReadOnly);
}

/** The packet that makes a node that anyone may use. */
export function createRequest(path: string, value: string): Uint8Array {
  const open = bytesOf(int(1), int(PERMISSION_ALL), buffer("world"), buffer("anyone"));
  const persistent = int(0);
  return packet(int(0), int(CREATE), buffer(path), buffer(value), open, persistent);
}

/** A session with ZooKeeper. */
export class ZookeeperDialogue implements Dialogue {
  readonly opening = connectRequest();
  answers = 0;
  failures = 0;
  failure = "";
  readonly #create: Template;
  readonly #write: Template;
  readonly #read: Template;
  #xid = 0;

  constructor({ valueBytes }: DialogueOptions) {
    const path = `/${keyText(0)}`;
    const value = valueText(valueBytes);
    const noWatch = Uint8Array.of(0);
    this.#create = new Template(createRequest(path, value));
    this.#write = new Template(
      packet(int(0), int(SET_DATA), buffer(path), buffer(value), int(ANY_VERSION)),
    );
    this.#read = new Template(packet(int(0), int(GET_DATA), buffer(path), noWatch));
  }

  create(key: number): Uint8Array {
    return this.#numbered(this.#create.for(key));
  }

  write(key: number): Uint8Array {
    return this.#numbered(this.#write.for(key));
  }

  read(key: number): Uint8Array {
    return this.#numbered(this.#read.for(key));
  }

  take(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 4) return 0;
    const length = uint32(bytes, from);
    const used = 4 + length;
    if (to - from < used) return 0;
    this.answers++;
    // The answer to the opening has a form of its own.
    if (this.#xid === 0) {
      if (uint32(bytes, from + 8) === 0) throw new ProtocolError("ZooKeeper refused the session");
      return used;
    }
    if (length < REPLY_HEADER_BYTES || uint32(bytes, from + 4) !== this.#xid) {
      throw new ProtocolError(`Cannot read answer: ${textAt(bytes, from, from + used)}`);
    }
    const error = uint32(bytes, from + 16) | 0;
    if (error !== 0 && error !== NODE_EXISTS) {
      this.failures++;
      this.failure = `ZooKeeper answered with error ${error}`;
    }
    return used;
  }

  reply(): null {
    return null;
  }

  #numbered(request: Uint8Array): Uint8Array {
    this.#xid = this.#xid % 0x7fff_ffff + 1;
    putUint32(request, XID_AT, this.#xid);
    return request;
  }
}
