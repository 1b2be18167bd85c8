/**
 * Requests, replies and peer messages that follow from a seed, with texts that are hard on a
 * wire: of every UTF-8 length, with what JSON escapes.
 *
 * @module
 */

import { CONSISTENCY_LEVELS } from "../../lib/consistency.ts";
import { ERROR_CODES, type ErrorCode } from "../../lib/errors.ts";
import type {
  Answer,
  Message,
  Operation,
  Outcome,
  PeerMessage,
  Position,
  View,
} from "../../lib/order/message.ts";
import { FAILURES, type Result } from "../../lib/order/operation.ts";
import type { Ballot, Timestamp } from "../../lib/order/timestamp.ts";
import { byteLength, bytesOf, textOf } from "../../lib/bytes.ts";
import { VALUE_BYTES_MAX } from "../../lib/limits.ts";
import {
  type Given,
  OUTCOMES,
  type Reply,
  type Request,
  type RequestOptions,
} from "../../lib/wire/message.ts";
import type { WriteOperation } from "../../lib/wire/write.ts";
import type { Random } from "../../lib/chaos/random.ts";

/** Code points of one to four bytes, those that are escaped, stripped or cut somewhere, and bytes that are no UTF-8. */
const POINTS = [0x61, 0x20, 0x22, 0x5c, 0, 1, 0x1f, 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0x2028, 0x65e5]
  .concat([0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x1f600, 0x10ffff])
  .concat([0xdc80, 0xdcc3, 0xdce9, 0xdcff]);

/** A canonical text of `min` to `max` code points or other bytes. */
export function anyText(random: Random, min = 0, max = 12): string {
  const points = Array.from({ length: random.int(min, max) }, () => random.pick(POINTS));
  // Some bytes that are no UTF-8 alone are so together.
  return textOf(bytesOf(String.fromCodePoint(...points)));
}

/** A count: mostly small, now and then as large as is exact. */
export function anyCount(random: Random): number {
  return random.pick([0, 1, 7, 127, 2 ** 31, 2 ** 32 + 1, 5 * 2 ** 30, Number.MAX_SAFE_INTEGER]);
}

/** An array of what is made by `make`. */
export function several<T>(random: Random, make: () => T, max = 4): T[] {
  return Array.from({ length: random.int(0, max) }, make);
}

/** Any operation, with and without a request id, some answered before they are ordered. */
export function anyOperation(random: Random): Operation {
  if (random.chance(0.1)) return { type: "fence", key: "", id: anyText(random, 1) };
  const id = random.chance(0.3)
    ? {
      id: anyText(random, 1),
      ...random.pick([{}, { eventual: true as const }, { until: anyCount(random) }]),
    }
    : {};
  return { ...anyChange(random), ...id };
}

/** Any operation that changes keys; without a request id. */
export function anyChange(random: Random): Exclude<Operation, { type: "fence" }> {
  const key = anyText(random, 1);
  const value = anyText(random);
  const bytes = byteLength(value);
  const maybe = () => random.chance(0.3) ? null : anyText(random);
  switch (random.int(0, 9)) {
    case 0:
      return { type: "delete", key };
    case 1: {
      const when = random.pick(["always", "absent", "present"] as const);
      return { type: "put", key, value, bytes, when, previous: random.chance(0.5) };
    }
    case 2: {
      const [expected, to] = [maybe(), maybe()];
      const lengths = byteLength(expected ?? "") + byteLength(to ?? "");
      return { type: "cas", key, expected, value: to, bytes: lengths };
    }
    case 3:
      return { type: "add", key, by: random.pick(["0", "1", "-7", "9223372036854775807"]) };
    case 4:
      return { type: "append", key, value, bytes, bytesMax: anyCount(random) };
    case 5:
      return { type: "take", key };
    case 6: {
      const when = random.pick(["always", "absent"] as const);
      return { type: "rename", key, to: anyText(random, 1), when };
    }
    case 7: {
      const pairs = several(random, () => [anyText(random, 1), maybe()] as const);
      const lengths = pairs.map(([of, to]) => byteLength(of) + byteLength(to ?? ""));
      return { type: "several", key: "", pairs, bytes: lengths.reduce((a, b) => a + b, 0) };
    }
    case 8:
      return { type: "clear", key: "" };
    default:
      return { type: "set", key, value, bytes };
  }
}

/** What an operation may give other than that it was carried out, or could not be. */
function anyGiven(random: Random): Given {
  for (;;) {
    const result = anyResult(random);
    if (result.type !== "stored" && result.type !== "failed") return result;
  }
}

/** What an operation may give. */
export function anyResult(random: Random): Result {
  return random.pick<Result>([
    { type: "stored" },
    { type: "unchanged" },
    { type: "value", value: anyText(random) },
    { type: "value", value: null },
    { type: "number", number: random.pick(["0", "-1", "9223372036854775807"]) },
    { type: "failed", reason: random.pick(FAILURES) },
  ]);
}

/** How many replicas there are in a peer's message: its ids are below. */
export const REPLICAS = 5;

/** The id of a replica. */
function anyId(random: Random): number {
  return random.int(0, REPLICAS - 1);
}

/** Ids of some replicas, ascending. */
function anyIds(random: Random): number[] {
  return Array.from({ length: REPLICAS }, (_, id) => id).filter(() => random.chance(0.5));
}

/** What is told of each replica. */
function byId<T>(make: () => T): T[] {
  return Array.from({ length: REPLICAS }, make);
}

/** A message with its place. */
export function anyMessage(random: Random): Message {
  return {
    origin: anyId(random),
    n: anyCount(random),
    time: anyCount(random),
    operation: anyOperation(random),
  };
}

/** Any of the requests. */
export function anyRequest(random: Random): Request {
  const key = anyText(random, 1);
  const options = anyOptions(random);
  return random.pick<Request>([
    { type: "write", operation: anyWrite(random), options },
    { type: "write", operation: anyWrite(random), options },
    { type: "get", key, options },
    { type: "outcome", id: anyText(random, 1), options },
    { type: "status" },
    { type: random.pick(["dump", "keys"]), prefix: anyText(random) },
  ]);
}

/** What a client can ask for; its limits are the usual ones. */
function anyWrite(random: Random): WriteOperation {
  for (;;) {
    const operation = anyChange(random);
    switch (operation.type) {
      case "put": {
        const when = random.pick(["absent", "present"] as const);
        return { ...operation, when, previous: false };
      }
      case "append":
        return { ...operation, bytesMax: VALUE_BYTES_MAX };
      case "rename":
        return { ...operation, when: "always" };
      case "set":
      case "delete":
      case "cas":
      case "add":
        return operation;
    }
  }
}

/** Any of the replies. */
export function anyReply(random: Random): Reply {
  const token = several(random, () => anyCount(random));
  return random.pick<Reply>([
    { type: "stored", token },
    { type: "value", key: anyText(random, 1), value: anyText(random), token },
    { type: "end", token },
    { type: "key", key: anyText(random, 1) },
    { type: "result", result: anyGiven(random), token },
    {
      type: "outcome",
      outcome: random.pick(OUTCOMES),
      token,
      details: random.pick([{}, { index: anyCount(random), origin: 1 }, { reason: "far away" }]),
    },
    {
      type: "error",
      code: random.pick(Object.keys(ERROR_CODES) as ErrorCode[]),
      text: anyText(random),
      details: random.pick([{}, { maybe: true }, { missing: [1, 2], since: "now" }]),
    },
  ]);
}

/** Any of the peers' messages. */
export function anyPeerMessage(random: Random): PeerMessage {
  const ballot = anyBallot(random);
  const counts = () => byId(() => anyCount(random));
  const messages = () => several(random, () => anyMessage(random));
  return random.pick<() => PeerMessage>([
    () => anyBroadcast(random, ballot),
    () => ({
      type: "acknowledgement",
      ballot,
      covers: { ...anyStamp(random), key: anyText(random, 1), bytes: anyCount(random) },
      stamp: { id: anyId(random), time: anyCount(random) },
      last: anyCount(random),
    }),
    () => ({
      type: "heartbeat",
      clock: anyCount(random),
      state: random.pick(["outside", "installed", "live"]),
      ballot: random.chance(0.2) ? null : ballot,
      round: anyCount(random),
      hears: anyIds(random),
      wants: random.chance(0.5),
      index: anyCount(random),
      fetched: anyCount(random),
    }),
    () => ({ type: "resume", ballot, received: anyCount(random) }),
    () => ({ type: random.pick(["prepare", "installed", "start"]), ballot }),
    () => ({ type: "refuse", ballot, promised: anyBallot(random) }),
    () => ({
      type: "promise",
      ballot,
      installed: random.chance(0.2) ? null : anyView(random),
      identity: anyText(random),
      former: random.chance(0.5) ? null : anyText(random),
      force: random.chance(0.5),
      position: anyPosition(random),
      deliveredN: counts(),
      pending: messages(),
      hears: anyIds(random),
    }),
    () => ({
      type: "install",
      view: anyView(random),
      previous: random.chance(0.2) ? null : anyBallot(random),
      base: anyPosition(random),
      deliveredN: counts(),
      source: anyId(random),
      carried: messages(),
    }),
    () => ({
      type: "fetch",
      from: anyCount(random),
      to: anyCount(random),
      part: anyCount(random),
      fetch: anyCount(random),
    }),
    () => anyAnswer(random),
    () => ({ type: random.pick(["confirm", "confirmed"]), ballot, question: anyCount(random) }),
  ])();
}

/** One message or several, all of one origin. */
function anyBroadcast(random: Random, ballot: Ballot): PeerMessage {
  const origin = anyId(random);
  const messages = [anyMessage(random), ...several(random, () => anyMessage(random))]
    .map((message) => ({ ...message, origin }));
  return { type: "broadcast", ballot, messages, prev: anyCount(random) };
}

function anyAnswer(random: Random): Answer {
  const fetch = anyCount(random);
  if (random.chance(0.5)) {
    const first = random.int(1, 1000);
    const entries = several(random, () => anyMessage(random))
      .map((message, i) => ({ index: first + i, message }));
    return { type: "answer", fetch, content: { type: "entries", entries } };
  }
  return {
    type: "answer",
    fetch,
    content: {
      type: "snapshot",
      position: anyPosition(random),
      deliveredN: byId(() => anyCount(random)),
      forgotten: anyCount(random),
      part: anyCount(random),
      last: random.chance(0.5),
      keys: several(random, () => [anyText(random, 1), anyText(random)]),
      requests: several(random, () => [anyText(random, 1), anyOutcome(random)]),
    },
  };
}

function anyOutcome(random: Random): Outcome {
  return {
    applied: random.chance(0.5),
    index: anyCount(random),
    origin: anyId(random),
    n: anyCount(random),
    result: anyResult(random),
  };
}

function anyOptions(random: Random): RequestOptions {
  const maybe = <T>(value: T) => random.chance(0.5) ? value : undefined;
  return {
    consistency: maybe(random.pick(CONSISTENCY_LEVELS)),
    token: maybe(several(random, () => anyCount(random))),
    timeout: maybe(random.int(0, 3_600_000)),
    id: maybe(anyText(random, 1)),
  };
}

function anyBallot(random: Random): Ballot {
  return { round: anyCount(random), id: anyId(random) };
}

function anyStamp(random: Random): { origin: number; time: number } {
  return { origin: anyId(random), time: anyCount(random) };
}

function anyPosition(random: Random): Position {
  const stamp: Timestamp = { time: anyCount(random), id: anyId(random) };
  return { index: anyCount(random), ...stamp };
}

function anyView(random: Random): View {
  return {
    ballot: anyBallot(random),
    members: anyIds(random),
    cluster: anyText(random),
    identities: byId(() => random.chance(0.2) ? null : anyText(random)),
  };
}
