/**
 * What is said on the peer port: the hello of a link, and the JSON forms of the peers' messages,
 * which `peer_decoder.ts` reads and checks.
 *
 *     ["broadcast", key, value, bytes, [id, time], "message", n, prev, ballot, request id?, until?]
 *     [[id, time], key, null, bytes, [id, time], "acknowledgement", last, ballot]
 *
 * are the original design's two (`operation.ts` tells of the value). What an origin gathered in one turn goes out as one:
 *
 *     ["broadcasts", id, prev, ballot, [n, time, key, value, bytes, request id?, until?], …]
 *
 * The others begin with their word. A ballot is `[round, id]`. What can exceed a frame, the messages of a promise or an install, goes
 * before it in `["part", message, …]` frames of `[origin, n, time, key, value, bytes, id?]` each.
 *
 * @module
 */

import { unreachable } from "../invariant.ts";
import { PART_BYTES_MAX } from "../limits.ts";
import type { Answer, Broadcast, Message, PeerMessage, Position, View } from "../order/message.ts";
import { formBytes, valueBytes } from "../order/operation.ts";
import type { Ballot } from "../order/timestamp.ts";
import { badRequest, count, decodeArray, text } from "./json.ts";
import { encodeRequest, encodeResult, encodeValue } from "./operation.ts";

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
export const PROTOCOL = 2;

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
    case "broadcast":
      return frame(encodeBroadcast(message));
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

/** The frame of a broadcast. It is encoded once, however many peers it goes to. */
export function encodeBroadcast(broadcast: Broadcast): string {
  return broadcast.text ??= broadcast.messages.length === 1
    ? encodeSingle(broadcast.messages[0], broadcast)
    : encodeSeveral(broadcast);
}

function encodeSingle(message: Message, { prev, ballot }: Broadcast): string {
  const { origin, n, time, operation } = message;
  return JSON.stringify([
    "broadcast",
    operation.key,
    encodeValue(operation),
    valueBytes(operation),
    [origin, time],
    "message",
    n,
    prev,
    pair(ballot),
    ...encodeRequest(operation),
  ]);
}

function encodeSeveral({ messages, prev, ballot }: Broadcast): string {
  const form: unknown[] = ["broadcasts", messages[0].origin, prev, pair(ballot)];
  for (const { n, time, operation } of messages) {
    const message = [n, time, operation.key, encodeValue(operation), valueBytes(operation)];
    form.push(operation.id === undefined ? message : [...message, ...encodeRequest(operation)]);
  }
  return JSON.stringify(form);
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
      const outcomes = requests.map(([id, { applied, index, origin, n, result }]) => [
        id,
        applied,
        index,
        origin,
        n,
        ...encodeResult(result),
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

function pair({ round, id }: Ballot): [number, number] {
  return [round, id];
}

function encodeParts(messages: readonly Message[], frame: (text: string) => void): void {
  let part: unknown[] = ["part"];
  let bytes = 0;
  for (const message of messages) {
    const size = formBytes(message.operation);
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

/** The form of a message in a part or in a log. */
export function encodeMessage({ origin, n, time, operation }: Message): unknown[] {
  const value = encodeValue(operation);
  const request = encodeRequest(operation);
  return [origin, n, time, operation.key, value, valueBytes(operation), ...request];
}

function encodePosition({ index, time, id }: Position): unknown[] {
  return [index, time, id];
}

function encodeView({ ballot, members, cluster, identities }: View): unknown[] {
  return [pair(ballot), members, cluster, identities];
}
