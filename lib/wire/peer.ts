/**
 * The peer port's messages: their JSON forms and the one place where they are checked.
 *
 *     ["broadcast", key, value, bytes, [id, time], "message", n, prev, ballot, request id?, "eventual"?]
 *     [[id, time], key, null, bytes, [id, time], "acknowledgement", last, ballot]
 *
 * are the original design's two; a delete's value is null, a fence's key is empty. The others begin
 * with their word. A
 * ballot is `[round, id]`. What can exceed a frame, the messages of a promise or an install, goes
 * before it in `["part", message, …]` frames of `[origin, n, time, key, value, bytes, id?]` each.
 *
 * @module
 */

import { unreachable } from "../invariant.ts";
import { PART_BYTES_MAX } from "../limits.ts";
import type { Ballot, Timestamp } from "../order/timestamp.ts";
import type {
  Answer,
  Entries,
  Message,
  Operation,
  PeerMessage,
  Position,
  Snapshot,
  State,
  View,
} from "../order/message.ts";
import { badRequest, brief, count, decodeArray, list, text, utf8Length } from "./json.ts";

/** What is said first on a link, in both directions: who is there. */
export interface Hello {
  /** The version of these forms. */
  readonly protocol: number;
  /** The folder's cluster, a UUID; null before its first view. */
  readonly cluster: string | null;
  /** The configured id. */
  readonly id: number;
  /** How many replicas are configured. */
  readonly replicas: number;
  /** The folder's identity, a UUID. */
  readonly identity: string;
}

/** The version of the forms in this file. */
export const PROTOCOL = 1;

/** The frame of a hello. */
export function encodeHello({ protocol, cluster, id, replicas, identity }: Hello): string {
  return JSON.stringify(["hello", protocol, cluster, id, replicas, identity]);
}

/**
 * Reads the first frame of a link.
 *
 * @throws {StreamError} if it is not JSON
 * @throws {RequestError} if it is no hello
 */
export function decodeHello(frame: Uint8Array): Hello {
  const [word, protocol, cluster, id, replicas, identity] = decodeArray(frame);
  if (word !== "hello") throw badRequest("a peer must begin with its hello");
  return {
    protocol: count(protocol, "the protocol"),
    cluster: cluster === null ? null : text(cluster, "the cluster"),
    id: count(id, "the id"),
    replicas: count(replicas, "the replicas"),
    identity: text(identity, "the identity"),
  };
}

/** Why a link is refused. */
export interface Refusal {
  /** What does not fit, and the remedy. */
  readonly reason: string;
  /** Whether it stays so until somebody starts one of the two in another way. */
  readonly lasting: boolean;
}

/** The frame that refuses a link. */
export function encodeRefusal({ reason, lasting }: Refusal): string {
  return JSON.stringify(["ERROR", "unauthorized", reason, lasting ? { lasting } : {}]);
}

/** The refusal, if the frame is one. */
export function decodeRefusal(frame: Uint8Array): Refusal | null {
  const [word, , reason, details] = decodeArray(frame);
  if (word !== "ERROR") return null;
  return { reason: text(reason, "the reason"), lasting: Object(details).lasting === true };
}

/** Gives each frame of the message, in order. */
export function encodePeerMessage(message: PeerMessage, frame: (text: string) => void): void {
  switch (message.type) {
    case "broadcast": {
      const { message: { origin, n, time, operation }, prev, ballot } = message;
      const value = operation.type === "set" ? operation.value : null;
      const bytes = operation.type === "set" ? operation.bytes : 0;
      const form: unknown[] = [
        "broadcast",
        operation.key,
        value,
        bytes,
        [origin, time],
        "message",
        n,
        prev,
        pair(ballot),
      ];
      return frame(JSON.stringify([...form, ...requestFields(operation)]));
    }
    case "acknowledgement": {
      const { covers, stamp, last, ballot } = message;
      return frame(JSON.stringify([
        [covers.origin, covers.time],
        covers.key,
        null,
        covers.bytes,
        [stamp.id, stamp.time],
        "acknowledgement",
        last,
        pair(ballot),
      ]));
    }
    case "heartbeat": {
      const { clock, state, ballot, round, hears, wants, index, fetched } = message;
      const view = ballot === null ? null : pair(ballot);
      return frame(
        JSON.stringify(["heartbeat", clock, state, view, round, hears, wants, index, fetched]),
      );
    }
    case "resume":
      return frame(JSON.stringify(["resume", pair(message.ballot), message.received]));
    case "prepare":
    case "installed":
    case "start":
      return frame(JSON.stringify([message.type, pair(message.ballot)]));
    case "refuse":
      return frame(JSON.stringify(["refuse", pair(message.ballot), pair(message.promised)]));
    case "promise": {
      const { ballot, installed, identity, former, force } = message;
      const { position, deliveredN, pending, hears } = message;
      encodeParts(pending, frame);
      return frame(JSON.stringify([
        "promise",
        pair(ballot),
        installed === null ? null : encodeView(installed),
        identity,
        encodePosition(position),
        deliveredN,
        pending.length,
        hears,
        former,
        force,
      ]));
    }
    case "install": {
      const { view, previous, base, deliveredN, source, carried } = message;
      encodeParts(carried, frame);
      return frame(JSON.stringify([
        "install",
        encodeView(view),
        previous === null ? null : pair(previous),
        encodePosition(base),
        deliveredN,
        source,
        carried.length,
      ]));
    }
    case "fetch":
      return frame(
        JSON.stringify(["fetch", message.from, message.to, message.part, message.fetch]),
      );
    case "answer":
      return encodeAnswer(message, frame);
    case "confirm":
    case "confirmed":
      return frame(JSON.stringify([message.type, pair(message.ballot), message.question]));
    default:
      return unreachable(message);
  }
}

function encodeAnswer({ fetch, content }: Answer, frame: (text: string) => void): void {
  switch (content.type) {
    case "entries": {
      const { entries } = content;
      const first = entries.length === 0 ? 0 : entries[0].index;
      const messages = entries.map(({ message }) => encodeMessage(message));
      return frame(JSON.stringify(["entries", fetch, first, ...messages]));
    }
    case "snapshot": {
      const { position, deliveredN, forgotten, part, last, keys, requests } = content;
      const outcomes = requests.map(([id, { applied, index, origin, n }]) => [
        id,
        applied,
        index,
        origin,
        n,
      ]);
      const place = encodePosition(position);
      return frame(
        JSON.stringify([
          "snapshot",
          fetch,
          place,
          deliveredN,
          forgotten,
          part,
          last,
          keys,
          outcomes,
        ]),
      );
    }
    default:
      return unreachable(content);
  }
}

/** Reads the frames of one link: a message may take several. */
export class PeerDecoder {
  #parts: Message[] = [];
  readonly #partsMax: number;

  /** Makes a decoder that keeps at most so many messages until their promise or install. */
  constructor(partsMax: number) {
    this.#partsMax = partsMax;
  }

  /**
   * The message that this frame completes, or null.
   *
   * @throws {StreamError} if the frame is not JSON
   * @throws {RequestError} if it has no form of a peer's message
   */
  decode(frame: Uint8Array): PeerMessage | null {
    const form = decodeArray(frame);
    if (form[0] !== "part") return this.#message(form);
    for (const message of form.slice(1)) this.#parts.push(readMessage(message));
    if (this.#parts.length > this.#partsMax) throw badRequest("too many parts");
    return null;
  }

  #message(form: readonly unknown[]): PeerMessage {
    if (Array.isArray(form[0])) return readAcknowledgement(form);
    switch (form[0]) {
      case "broadcast":
        return readBroadcast(form);
      case "heartbeat": {
        const [, clock, state, view, round, hears, wants, index, fetched] = form;
        return {
          type: "heartbeat",
          clock: count(clock, "the clock"),
          state: readState(state),
          ballot: view === null ? null : readBallot(view),
          round: count(round, "the round"),
          hears: readCounts(hears, "hears"),
          wants: readBoolean(wants, "wants"),
          index: count(index, "the index"),
          fetched: count(fetched, "fetched"),
        };
      }
      case "resume":
        return {
          type: "resume",
          ballot: readBallot(form[1]),
          received: count(form[2], "received"),
        };
      case "prepare":
      case "installed":
      case "start":
        return { type: form[0], ballot: readBallot(form[1]) };
      case "refuse":
        return { type: "refuse", ballot: readBallot(form[1]), promised: readBallot(form[2]) };
      case "promise": {
        const [, ballot, installed, identity, position, deliveredN, pending, hears] = form;
        const [former, force] = form.slice(8);
        return {
          type: "promise",
          ballot: readBallot(ballot),
          installed: installed === null ? null : readView(installed),
          identity: text(identity, "the identity"),
          former: former === null ? null : text(former, "the former identity"),
          force: readBoolean(force, "force"),
          position: readPosition(position),
          deliveredN: readCounts(deliveredN, "deliveredN"),
          pending: this.#takeParts(pending),
          hears: readCounts(hears, "hears"),
        };
      }
      case "install": {
        const [, view, previous, base, deliveredN, source, carried] = form;
        return {
          type: "install",
          view: readView(view),
          previous: previous === null ? null : readBallot(previous),
          base: readPosition(base),
          deliveredN: readCounts(deliveredN, "deliveredN"),
          source: count(source, "the source"),
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
        const content = form[0] === "entries" ? readEntries(form) : readSnapshot(form);
        return { type: "answer", fetch: count(form[1], "the fetch"), content };
      }
      case "confirm":
      case "confirmed":
        return {
          type: form[0],
          ballot: readBallot(form[1]),
          question: count(form[2], "the question"),
        };
      default:
        throw badRequest(`unknown message ${brief(form[0])}`);
    }
  }

  #takeParts(announced: unknown): Message[] {
    const parts = this.#parts;
    this.#parts = [];
    if (announced !== parts.length) throw badRequest("parts are missing");
    return parts;
  }
}

function pair({ round, id }: Ballot): [number, number] {
  return [round, id];
}

/** What a message in a part has besides its texts: numbers, quotes, commas. */
const PART_MESSAGE_BYTES = 80;

function encodeParts(messages: readonly Message[], frame: (text: string) => void): void {
  let part: unknown[] = ["part"];
  let bytes = 0;
  for (const message of messages) {
    const { key, id = "" } = message.operation;
    const value = message.operation.type === "set" ? message.operation.bytes : 0;
    const size = key.length + id.length + value + PART_MESSAGE_BYTES;
    if (bytes > 0 && bytes + size > PART_BYTES_MAX) {
      frame(JSON.stringify(part));
      part = ["part"];
      bytes = 0;
    }
    part.push(encodeMessage(message));
    bytes += size;
  }
  if (bytes > 0) frame(JSON.stringify(part));
}

function encodeMessage({ origin, n, time, operation }: Message): unknown[] {
  const value = operation.type === "set" ? operation.value : null;
  const bytes = operation.type === "set" ? operation.bytes : 0;
  return [origin, n, time, operation.key, value, bytes, ...requestFields(operation)];
}

/** The request's id, and that it was answered before it is ordered. */
function requestFields(operation: Operation): string[] {
  if (operation.id === undefined) return [];
  return operation.type !== "fence" && operation.eventual === true
    ? [operation.id, "eventual"]
    : [operation.id];
}

function encodePosition({ index, time, id }: Position): unknown[] {
  return [index, time, id];
}

function encodeView({ ballot, members, cluster, identities }: View): unknown[] {
  return [pair(ballot), members, cluster, identities];
}

function readBroadcast(form: readonly unknown[]): PeerMessage {
  const [, key, value, bytes, stamp, word, n, prev, ballot, requestId, level] = form;
  if (word !== "message") throw badRequest('a broadcast must bear the word "message"');
  const { id: origin, time } = readTimestamp(stamp);
  return {
    type: "broadcast",
    ballot: readBallot(ballot),
    message: {
      origin,
      n: count(n, "n"),
      time,
      operation: readOperation(key, value, bytes, requestId, level),
    },
    prev: count(prev, "prev"),
  };
}

function readAcknowledgement(form: readonly unknown[]): PeerMessage {
  const [covered, key, value, bytes, stamp, word, last, ballot] = form;
  if (word !== "acknowledgement" || value !== null) {
    throw badRequest('an acknowledgement must bear null and the word "acknowledgement"');
  }
  const { id: origin, time } = readTimestamp(covered);
  return {
    type: "acknowledgement",
    ballot: readBallot(ballot),
    covers: { origin, time, key: text(key, "the key"), bytes: count(bytes, "bytes") },
    stamp: readTimestamp(stamp),
    last: count(last, "last"),
  };
}

function readMessage(value: unknown): Message {
  const [origin, n, time, key, content, bytes, requestId, level] = list(
    value,
    "a message",
    same,
  );
  return {
    origin: count(origin, "the origin"),
    n: count(n, "n"),
    time: count(time, "the time"),
    operation: readOperation(key, content, bytes, requestId, level),
  };
}

function readOperation(
  key: unknown,
  value: unknown,
  bytes: unknown,
  requestId: unknown,
  level: unknown,
): Operation {
  const name = text(key, "the key");
  if (name === "") return { type: "fence", key: "", id: text(requestId, "the request id") };
  const request = readRequest(requestId, level);
  if (value === null) return { type: "delete", key: name, ...request };
  const content = text(value, "the value");
  if (bytes !== utf8Length(content)) throw badRequest("bytes must be the value's UTF-8 length");
  return { type: "set", key: name, value: content, bytes, ...request };
}

function readRequest(id: unknown, level: unknown): { id?: string; eventual?: true } {
  if (id === undefined) return {};
  const name = { id: text(id, "the request id") };
  if (level === undefined) return name;
  if (level !== "eventual") throw badRequest(`unknown level ${brief(level)}`);
  return { ...name, eventual: true };
}

function readSnapshot(form: readonly unknown[]): Snapshot {
  const [, , position, deliveredN, forgotten, part, last, keys, requests] = form;
  return {
    type: "snapshot",
    position: readPosition(position),
    deliveredN: readCounts(deliveredN, "deliveredN"),
    forgotten: count(forgotten, "forgotten"),
    part: count(part, "the part"),
    last: readBoolean(last, "last"),
    keys: list(keys, "the keys", (pair) => {
      const [key, value] = list(pair, "a key with its value", same);
      return [text(key, "the key"), text(value, "the value")] as const;
    }),
    requests: list(requests, "the requests", (request) => {
      const [id, applied, index, origin, n] = list(request, "a request", same);
      const outcome = {
        applied: readBoolean(applied, "applied"),
        index: count(index, "the index"),
        origin: count(origin, "the origin"),
        n: count(n, "n"),
      };
      return [text(id, "the request id"), outcome] as const;
    }),
  };
}

function readEntries(form: readonly unknown[]): Entries {
  const first = count(form[2], "the index");
  const entries = form.slice(3).map((message, i) => ({
    index: first + i,
    message: readMessage(message),
  }));
  return { type: "entries", entries };
}

function readTimestamp(value: unknown): Timestamp {
  const [id, time] = readCounts(value, "a timestamp");
  if (time === undefined) throw badRequest("a timestamp must be [id, time]");
  return { id, time };
}

function readBallot(value: unknown): Ballot {
  const [round, id] = readCounts(value, "a ballot");
  if (id === undefined) throw badRequest("a ballot must be [round, id]");
  return { round, id };
}

function readPosition(value: unknown): Position {
  const [index, time, id] = readCounts(value, "a position");
  if (id === undefined) throw badRequest("a position must be [index, time, id]");
  return { index, time, id };
}

function readView(value: unknown): View {
  const [ballot, members, cluster, identities] = list(value, "a view", same);
  return {
    ballot: readBallot(ballot),
    members: readCounts(members, "members"),
    cluster: text(cluster, "the cluster"),
    identities: list(
      identities,
      "identities",
      (identity) => identity === null ? null : text(identity, "an identity"),
    ),
  };
}

function readState(value: unknown): State {
  if (value === "outside" || value === "installed" || value === "live") return value;
  throw badRequest("unknown state");
}

function readBoolean(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw badRequest(`${name} must be true or false`);
  return value;
}

function readCounts(value: unknown, name: string): number[] {
  return list(value, name, (element) => count(element, `each of ${name}`));
}

function same(value: unknown): unknown {
  return value;
}
