/**
 * Reads the peer port's messages: the one place where their forms, which `peer.ts` writes, are
 * checked. What has passed names only replicas that there are: the core uses ids as places.
 *
 * @module
 */

import type {
  Entries,
  Message,
  Outcome,
  PeerMessage,
  Position,
  Snapshot,
  State,
  View,
} from "../order/message.ts";
import type { Ballot, Timestamp } from "../order/timestamp.ts";
import { array, badRequest, brief, count, decodeText, list, parseArray, text } from "./json.ts";
import { decodeOperation, decodeResult } from "./operation.ts";

/** What a decoder holds its messages to. */
export interface PeerBounds {
  /** How many replicas are configured: ids are below, and what is told by id has as many places. */
  readonly replicas: number;
  /** Messages that are kept until their promise or install. */
  readonly parts: number;
  /** Bytes of the frames that bore them. */
  readonly partBytes: number;
}

/** Reads the frames of one link: a message may take several. */
export class PeerDecoder {
  readonly #bounds: PeerBounds;
  #parts: Message[] = [];
  #partBytes = 0;

  /** Makes a decoder that has read nothing yet. */
  constructor(bounds: PeerBounds) {
    this.#bounds = bounds;
  }

  /**
   * The message that this frame completes, or null.
   *
   * @throws {StreamError} if the frame is not JSON
   * @throws {RequestError} if it has no form of a peer's message
   */
  decode(frame: Uint8Array): PeerMessage | null {
    const text = decodeText(frame);
    const form = parseArray(text);
    if (form[0] !== "part") {
      const message = this.#message(form);
      if (message.type === "broadcast") message.text = text;
      return message;
    }
    this.#partBytes += frame.length;
    const { parts, partBytes } = this.#bounds;
    if (this.#parts.length + form.length - 1 > parts || this.#partBytes > partBytes) {
      throw badRequest("too many parts");
    }
    for (let i = 1; i < form.length; i++) this.#parts.push(this.#carried(form[i]));
    return null;
  }

  #message(form: readonly unknown[]): PeerMessage {
    if (Array.isArray(form[0])) return this.#acknowledgement(form);
    switch (form[0]) {
      case "broadcast":
        return this.#broadcast(form);
      case "broadcasts":
        return this.#broadcasts(form);
      case "heartbeat": {
        const [, clock, state, view, round, hears, wants, index, fetched] = form;
        return {
          type: "heartbeat",
          clock: count(clock, "the clock"),
          state: readState(state),
          ballot: view === null ? null : this.#ballot(view),
          round: count(round, "the round"),
          hears: this.#ids(hears, "hears"),
          wants: readBoolean(wants, "wants"),
          index: count(index, "the index"),
          fetched: count(fetched, "fetched"),
        };
      }
      case "resume":
        return {
          type: "resume",
          ballot: this.#ballot(form[1]),
          received: count(form[2], "received"),
        };
      case "prepare":
      case "installed":
      case "start":
        return { type: form[0], ballot: this.#ballot(form[1]) };
      case "refuse":
        return {
          type: "refuse",
          ballot: this.#ballot(form[1]),
          promised: this.#ballot(form[2]),
        };
      case "promise":
        return this.#promise(form);
      case "install": {
        const [, view, previous, base, deliveredN, source, carried] = form;
        return {
          type: "install",
          view: this.#view(view),
          previous: previous === null ? null : this.#ballot(previous),
          base: this.#position(base),
          deliveredN: this.#byId(deliveredN, "deliveredN", readN),
          source: this.#id(source, "the source"),
          carried: this.#takeParts(carried),
        };
      }
      case "fetch":
        return {
          type: "fetch",
          from: count(form[1], "from"),
          to: count(form[2], "to"),
          part: count(form[3], "the part"),
          fetch: count(form[4], "the fetch"),
        };
      case "entries":
      case "snapshot": {
        const content = form[0] === "entries" ? this.#entries(form) : this.#snapshot(form);
        return { type: "answer", fetch: count(form[1], "the fetch"), content };
      }
      case "confirm":
      case "confirmed":
        return {
          type: form[0],
          ballot: this.#ballot(form[1]),
          question: count(form[2], "the question"),
        };
      default:
        throw badRequest(`unknown message ${brief(form[0])}`);
    }
  }

  #broadcast(form: readonly unknown[]): PeerMessage {
    const [, key, value, bytes, stamp, word, n, prev, ballot, requestId, until] = form;
    if (word !== "message") throw badRequest('a broadcast must bear the word "message"');
    const { id: origin, time } = this.#timestamp(stamp);
    const operation = decodeOperation(key, value, bytes, requestId, until);
    return {
      type: "broadcast",
      ballot: this.#ballot(ballot),
      messages: [{ origin, n: count(n, "n"), time, operation }],
      prev: count(prev, "prev"),
    };
  }

  #broadcasts(form: readonly unknown[]): PeerMessage {
    const origin = this.#id(form[1], "the origin");
    if (form.length < 5) throw badRequest("a broadcast must bear a message");
    const messages: Message[] = [];
    for (let i = 4; i < form.length; i++) {
      const one = array(form[i], "a message");
      const operation = decodeOperation(one[2], one[3], one[4], one[5], one[6]);
      messages.push({ origin, n: count(one[0], "n"), time: count(one[1], "the time"), operation });
    }
    return {
      type: "broadcast",
      ballot: this.#ballot(form[3]),
      messages,
      prev: count(form[2], "prev"),
    };
  }

  #acknowledgement(form: readonly unknown[]): PeerMessage {
    const [covered, key, value, bytes, stamp, word, last, ballot] = form;
    if (word !== "acknowledgement" || value !== null) {
      throw badRequest('an acknowledgement must bear null and the word "acknowledgement"');
    }
    const { id: origin, time } = this.#timestamp(covered);
    return {
      type: "acknowledgement",
      ballot: this.#ballot(ballot),
      covers: { origin, time, key: text(key, "the key"), bytes: count(bytes, "bytes") },
      stamp: this.#timestamp(stamp),
      last: count(last, "last"),
    };
  }

  #promise(form: readonly unknown[]): PeerMessage {
    const [, ballot, installed, identity, position, deliveredN, pending, hears] = form;
    const [former, force] = form.slice(8);
    return {
      type: "promise",
      ballot: this.#ballot(ballot),
      installed: installed === null ? null : this.#view(installed),
      identity: text(identity, "the identity"),
      former: former === null ? null : text(former, "the former identity"),
      force: readBoolean(force, "force"),
      position: this.#position(position),
      deliveredN: this.#byId(deliveredN, "deliveredN", readN),
      pending: this.#takeParts(pending),
      hears: this.#ids(hears, "hears"),
    };
  }

  #takeParts(announced: unknown): Message[] {
    const parts = this.#parts;
    this.#parts = [];
    this.#partBytes = 0;
    if (announced !== parts.length) throw badRequest("parts are missing");
    return parts;
  }

  /** A message of a part or of a log. */
  #carried(value: unknown): Message {
    const [origin, n, time, key, content, bytes, requestId, until] = array(value, "a message");
    return {
      origin: this.#id(origin, "the origin"),
      n: count(n, "n"),
      time: count(time, "the time"),
      operation: decodeOperation(key, content, bytes, requestId, until),
    };
  }

  #entries(form: readonly unknown[]): Entries {
    const first = count(form[2], "the index");
    const entries = form.slice(3).map((message, i) => ({
      index: first + i,
      message: this.#carried(message),
    }));
    return { type: "entries", entries };
  }

  #snapshot(form: readonly unknown[]): Snapshot {
    const [, , position, deliveredN, forgotten, part, last, keys, requests] = form;
    return {
      type: "snapshot",
      position: this.#position(position),
      deliveredN: this.#byId(deliveredN, "deliveredN", readN),
      forgotten: count(forgotten, "forgotten"),
      part: count(part, "the part"),
      last: readBoolean(last, "last"),
      keys: list(keys, "the keys", readPair),
      requests: list(requests, "the requests", (request) => this.#request(request)),
    };
  }

  #request(value: unknown): readonly [string, Outcome] {
    const [id, applied, index, origin, n, ...result] = array(value, "a request");
    const outcome = {
      applied: readBoolean(applied, "applied"),
      index: count(index, "the index"),
      origin: this.#id(origin, "the origin"),
      n: count(n, "n"),
      result: decodeResult(result),
    };
    return [text(id, "the request id"), outcome];
  }

  #timestamp(value: unknown): Timestamp {
    const [id, time] = array(value, "a timestamp");
    if (time === undefined) throw badRequest("a timestamp must be [id, time]");
    return { id: this.#id(id, "a timestamp's id"), time: count(time, "a timestamp's time") };
  }

  #ballot(value: unknown): Ballot {
    const [round, id] = array(value, "a ballot");
    if (id === undefined) throw badRequest("a ballot must be [round, id]");
    return { round: count(round, "a ballot's round"), id: this.#id(id, "a ballot's id") };
  }

  #position(value: unknown): Position {
    const [index, time, id] = array(value, "a position");
    if (id === undefined) throw badRequest("a position must be [index, time, id]");
    return {
      index: count(index, "a position's index"),
      time: count(time, "a position's time"),
      id: this.#id(id, "a position's id"),
    };
  }

  #view(value: unknown): View {
    const [ballot, members, cluster, identities] = array(value, "a view");
    return {
      ballot: this.#ballot(ballot),
      members: this.#ids(members, "members"),
      cluster: text(cluster, "the cluster"),
      identities: this.#byId(identities, "identities", readIdentity),
    };
  }

  /** The id of one of the replicas. */
  #id(value: unknown, name: string): number {
    const id = count(value, name);
    const { replicas } = this.#bounds;
    if (id >= replicas) throw badRequest(`${name} must be that of one of ${replicas} replicas`);
    return id;
  }

  /** Ids of replicas, ascending. */
  #ids(value: unknown, name: string): number[] {
    const ids = list(value, name, (id) => this.#id(id, `each of ${name}`));
    if (ids.some((id, i) => i > 0 && id <= ids[i - 1])) {
      throw badRequest(`${name} must be ascending`);
    }
    return ids;
  }

  /** What is told of each replica, in the order of their ids. */
  #byId<T>(value: unknown, name: string, read: (element: unknown) => T): T[] {
    const all = list(value, name, read);
    const { replicas } = this.#bounds;
    if (all.length !== replicas) throw badRequest(`${name} must have ${replicas} places`);
    return all;
  }
}

function readPair(value: unknown): readonly [key: string, value: string] {
  const [key, content] = array(value, "a key with its value");
  return [text(key, "the key"), text(content, "the value")];
}

function readIdentity(value: unknown): string | null {
  return value === null ? null : text(value, "an identity");
}

function readN(value: unknown): number {
  return count(value, "each of deliveredN");
}

function readState(value: unknown): State {
  if (value === "outside" || value === "installed" || value === "live") return value;
  throw badRequest("unknown state");
}

function readBoolean(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw badRequest(`${name} must be true or false`);
  return value;
}
