/**
 * The client port's messages: requests and replies, their JSON forms, and the one place where
 * they are checked. Server and client library both use it.
 *
 *     ["set", key, value, bytes, options?]       → ["STORED", token]
 *     ["get", key, options?]                     → ["VALUE", key, value, bytes, token] | ["END", token]
 *     ["delete", key, options?]                  → ["STORED", token]
 *     ["outcome", id, options?]                  → ["OUTCOME", "applied"|"never"|"unknown", token, {…}]
 *     ["status"]                                 → ["STATUS", {…}]
 *     ["dump", prefix?]                          → ["VALUE", …] for each key, then ["END", token]
 *     ["keys", prefix?]                          → ["KEY", key] for each key, then ["END", token]
 *     anything that fails                        → ["ERROR", code, text, details]
 *
 * These are judged and carried out at their place in the total order, so they need `sequential` or
 * above and are answered `needs_order` below it:
 *
 *     ["set", …, {"if": "absent"|"present"}]     → ["STORED", token] | ["UNCHANGED", token]
 *     ["cas", key, expected, value, options?]    → ["STORED", token] | ["UNCHANGED", token]
 *     ["incr", key, by?, options?]               → ["NUMBER", number, token]
 *     ["append", key, value, bytes, options?]    → ["NUMBER", number, token]
 *     ["rename", key, to, options?]              → ["STORED", token]
 *
 * `cas` sets the key to the value if it has the expected one; null stands for no value, in both
 * places. `incr` adds to a decimal number of 64 bits, 0 if there is none: `by` is such a number, as
 * a text or, where it is exact, as a number; 1 if it is missing or null. A NUMBER is a decimal text:
 * the sum, or the value's length in bytes. `rename` gives the value to another key, whatever that
 * held. What cannot be carried out on what is there is an ERROR that changed nothing: `not_a_number`,
 * `out_of_range`, `no_key`, `too_large`. A request asked again under its id is answered as at first.
 *
 * Keys and values are bytes. A text stands for its UTF-8, and each byte that is part of no UTF-8 is
 * written `\\udc80` to `\\udcff` (`../bytes.ts`); `bytes` is the length of what the text stands for.
 *
 * @module
 */

import type { Consistency } from "../consistency.ts";
import { type ErrorCode, type ErrorDetails, isErrorCode, RequestError } from "../errors.ts";
import { REQUEST_VALUES_MAX, type WireLimits } from "../limits.ts";
import { unreachable } from "../invariant.ts";
import { type Failure, type Result, STORED } from "../order/operation.ts";
import { byteLength } from "../bytes.ts";
import {
  checkBytes,
  given,
  readId,
  readKey,
  readOptions,
  readToken,
  type RequestOptions,
  type Token,
} from "./fields.ts";
import { badRequest, brief, decodeArray, isObject, text } from "./json.ts";
import { decodeResult } from "./operation.ts";
import type { RequestCounts } from "./request_counts.ts";
import { decodeWrite, encodeWrite, isWriteCommand, type Write, WRITE_COMMANDS } from "./write.ts";

export type { RequestCounts, RequestOptions, Token, Write };

/** What came of a write, by its request's id. */
export const OUTCOMES = ["applied", "never", "unknown"] as const;

/**
 * What came of a write, by its request's id. `applied`: it is in the total order, and was carried
 * out. `never`: it is not, and from now on no `sequential` or `linearizable` write with this id
 * is carried out. `unknown`: it may still be applied.
 */
export type RequestOutcome = typeof OUTCOMES[number];

/** What an `OUTCOME` says besides. */
export interface OutcomeDetails {
  /** The place in the total order of the write, or of what rules it out. */
  readonly index?: number;
  /** The replica that was given it. */
  readonly origin?: number;
  /** Of an applied one: what it gave, if more than that it was carried out (`operation.ts`). */
  readonly result?: unknown;
  /** Of an unknown one: why, in words. */
  readonly reason?: string;
  /** With `never`: ids of writes up to this place are remembered no more, and this may be one. */
  readonly forgotten?: number;
  /** Further facts. */
  readonly [fact: string]: unknown;
}

/** What a client asks. */
export type Request =
  | Write
  | { readonly type: "get"; readonly key: string; readonly options: RequestOptions }
  | {
    readonly type: "outcome";
    /** The id of the request that is asked about, not of this one. */
    readonly id: string;
    /** `consistency`: the level that the write was asked at, if not the cluster's. */
    readonly options: RequestOptions;
  }
  | { readonly type: "status" }
  | { readonly type: "dump" | "keys"; readonly prefix: string };

/** What a replica answers. */
export type Reply =
  | { readonly type: "stored"; readonly token: Token }
  | {
    readonly type: "value";
    readonly key: string;
    readonly value: string;
    readonly token: Token;
  }
  | { readonly type: "end"; readonly token: Token }
  /** What an operation gave, other than that it was carried out. */
  | { readonly type: "result"; readonly result: Given; readonly token: Token }
  | { readonly type: "key"; readonly key: string }
  | {
    readonly type: "outcome";
    readonly outcome: RequestOutcome;
    readonly token: Token;
    readonly details: OutcomeDetails;
  }
  | { readonly type: "status"; readonly status: Status }
  | {
    readonly type: "error";
    readonly code: ErrorCode;
    readonly text: string;
    readonly details: ErrorDetails;
  };

/** What an operation gives other than that it was carried out, or could not be. */
export type Given = Exclude<Result, { readonly type: "stored" | "failed" }>;

/** `live`: orders writes; `installed`: about to; `outside`: in no working view. */
export type ReplicaState = "outside" | "installed" | "live";

/** A replica that cannot be reached, and since when. */
export interface Missing {
  /** The replica's id. */
  readonly id: number;
  /** ISO 8601, by the clock of the replica that says it. */
  readonly since: string;
}

/** A replica that is suspected to have failed. */
export interface Suspect extends Missing {
  /** What it is suspected for, in words, e.g. `silent`. */
  readonly reason: string;
}

/** Another replica, as the one that tells its status sees it. */
export interface PeerStatus {
  /** The peer's id. */
  readonly id: number;
  /** Where it stands with its view, by its own last word; null if it has said nothing. */
  readonly state: ReplicaState | null;
  /** Index in the total order of the last message it has delivered; null if it has said nothing. */
  readonly index: number | null;
  /** How many entries that is behind the highest index known here. */
  readonly lag: number | null;
  /** Whether it is a member of this replica's view. */
  readonly member: boolean;
}

/** What a replica says of itself. */
export interface Status {
  /** The replica's id, 0 … replicas - 1. */
  readonly id: number;
  /** How many replicas are configured. */
  readonly replicas: number;
  /** The cluster's level. */
  readonly consistency: Consistency;
  /** The program's version. */
  readonly version: string;
  /** Where it stands with its view. */
  readonly state: ReplicaState;
  /** The view last installed: its ballot and members, or null before the first. */
  readonly view: { readonly ballot: readonly [number, number]; readonly members: number[] } | null;
  /** The peers whose links are up and not silent. */
  readonly hears: readonly number[];
  /** The peers that are suspected, since when and for what. */
  readonly suspects: readonly Suspect[];
  /** The configured replicas that cannot be reached, and since when. */
  readonly missing: readonly Missing[];
  /** The other replicas, by what they said last. */
  readonly peers: readonly PeerStatus[];
  /** Index in the total order of the last message delivered. */
  readonly delivered: number;
  /** Index in the total order of the last message applied. */
  readonly applied: number;
  /** How many entries this replica is behind the highest index it knows of. */
  readonly lag: number;
  /**
   * Milliseconds that its reads may be behind: since when it lacks the first entry that it knows to
   * lack, or has been out of a working view; what waits in other replicas' outboxes does not count.
   */
  readonly staleness: number;
  /** Why it can order no write now, in words; null if it can. */
  readonly obstacle: string | null;
  /** What is in the way of being taken into a working view, in words; null when in one. */
  readonly joining: string | null;
  /** Messages received and not yet delivered. */
  readonly pending: number;
  /** Own messages not yet delivered. */
  readonly outbox: number;
  /** Bytes of own messages not yet delivered. */
  readonly outboxBytes: number;
  /** Keys held. */
  readonly keys: number;
  /** What the store is, e.g. `sqlite` or `memory`. */
  readonly store: string;
  /** When writes are forced to disk: `always`, `interval` or `never`. */
  readonly fsync: string;
  /** Milliseconds that 99 of 100 disk waits took at most, of the last minute or so; null: none. */
  readonly fsyncP99: number | null;
  /** Milliseconds after which a request that names no limit of its own is answered `timeout`. */
  readonly requestTimeout: number;
  /** Milliseconds since the replica started. */
  readonly uptime: number;
  /** Client connections now open. */
  readonly clients: number;
  /** What clients have asked since the replica started. */
  readonly requests: RequestCounts;
  /** The folder's cluster, a UUID, or null before the first view. */
  readonly cluster: string | null;
  /** The folder's own identity, a UUID made with it. */
  readonly identity: string;
  /**
   * Whether this folder counts for a majority: false while one that is new, or stands for one that
   * was lost, is brought up to date. Replace no second disk before it is true.
   */
  readonly counts: boolean;
}

const COMMANDS = ["get", ...WRITE_COMMANDS, "outcome", "status", "dump", "keys"];

/** Reads a request from its frame.
 *
 * @throws {StreamError} if the frame is not JSON: the connection cannot go on
 * @throws {RequestError} if the form is wrong: the connection goes on
 */
export function decodeRequest(frame: Uint8Array, limits: WireLimits): Request {
  const form = decodeArray(frame, REQUEST_VALUES_MAX);
  const [command] = form;
  if (isWriteCommand(command)) return decodeWrite(command, form, limits);
  switch (command) {
    case "get":
      return { type: "get", key: readKey(form[1], limits), options: readOptions(form[2]) };
    case "outcome":
      return { type: "outcome", id: readId(form[1]), options: readOptions(form[2]) };
    case "status":
      return { type: "status" };
    case "dump":
    case "keys":
      return { type: command, prefix: text(form[1] ?? "", "the prefix") };
    default:
      if (typeof command === "string") {
        throw new RequestError(
          "unknown_command",
          `unknown command ${brief(command)}; known: ${COMMANDS.join(", ")}`,
          { maybe: false },
        );
      }
      throw badRequest('a request must begin with its command, e.g. ["get", "x"]');
  }
}

/** The JSON form of a request. */
export function encodeRequest(request: Request): string {
  switch (request.type) {
    case "write":
      return form(...encodeWrite(request));
    case "get":
      return form("get", request.key, ...given(request.options));
    case "outcome":
      return form("outcome", request.id, ...given(request.options));
    case "status":
      return form("status");
    case "dump":
    case "keys":
      return request.prefix === "" ? form(request.type) : form(request.type, request.prefix);
    default:
      return unreachable(request);
  }
}

/** Reads a reply from its frame.
 *
 * @throws {StreamError} if the frame is not JSON
 * @throws {RequestError} if it is no form of a reply
 */
export function decodeReply(frame: Uint8Array): Reply {
  const form = decodeArray(frame);
  switch (form[0]) {
    case "STORED":
      return { type: "stored", token: readToken(form[1]) };
    case "VALUE": {
      const key = text(form[1], "the key");
      const value = text(form[2], "the value");
      checkBytes(form[3], value);
      return { type: "value", key, value, token: readToken(form[4]) };
    }
    case "KEY":
      return { type: "key", key: text(form[1], "the key") };
    case "END":
      return { type: "end", token: readToken(form[1]) };
    case "UNCHANGED":
      return { type: "result", result: { type: "unchanged" }, token: readToken(form[1]) };
    case "NUMBER": {
      const number = text(form[1], "the number");
      return { type: "result", result: { type: "number", number }, token: readToken(form[2]) };
    }
    case "PREVIOUS": {
      const value = form[1] === null ? null : text(form[1], "the value");
      return { type: "result", result: { type: "value", value }, token: readToken(form[2]) };
    }
    case "OUTCOME": {
      const [, outcome, token, details] = form;
      return {
        type: "outcome",
        // A newer server may tell more apart than this client does.
        outcome: isOutcome(outcome) ? outcome : "unknown",
        token: readToken(token),
        details: isObject(details) ? details : {},
      };
    }
    case "STATUS":
      if (!isObject(form[1])) throw badRequest("a status must be an object");
      return { type: "status", status: form[1] as unknown as Status };
    case "ERROR": {
      const [, code, words, details] = form;
      if (typeof code !== "string" || typeof words !== "string") {
        throw badRequest("an ERROR must have a code and a text");
      }
      return {
        type: "error",
        // A newer server may know more codes than this client does.
        code: isErrorCode(code) ? code : "internal",
        text: words,
        details: isObject(details) ? details : {},
      };
    }
    default:
      throw badRequest(`unknown reply ${brief(form[0])}`);
  }
}

/** The JSON form of a reply. */
export function encodeReply(reply: Reply): string {
  switch (reply.type) {
    case "stored":
      return form("STORED", reply.token);
    case "value":
      return form("VALUE", reply.key, reply.value, byteLength(reply.value), reply.token);
    case "end":
      return form("END", reply.token);
    case "key":
      return form("KEY", reply.key);
    case "result":
      return form(...encodeGiven(reply.result), reply.token);
    case "outcome":
      return form("OUTCOME", reply.outcome, reply.token, reply.details);
    case "status":
      return form("STATUS", reply.status);
    case "error":
      return form("ERROR", reply.code, reply.text, reply.details);
    default:
      return unreachable(reply);
  }
}

/** The `ERROR` reply of a failure. Of what is no expected one, no detail leaves the server. */
export function errorReply(error: unknown): Reply {
  if (error instanceof RequestError) {
    return { type: "error", code: error.code, text: error.message, details: error.details };
  }
  return { type: "error", code: "internal", text: "the server failed", details: { maybe: true } };
}

/** The reply to a write that gave this, where it was carried out or could not be. */
export function resultReply(result: Result, token: Token): Reply {
  switch (result.type) {
    case "stored":
      return { type: "stored", token };
    case "failed":
      return errorReply(failureError(result.reason));
    default:
      return { type: "result", result, token };
  }
}

/** Why an operation could not be carried out on what was there. */
export function failureError(failure: Failure): RequestError {
  return new RequestError(failure, FAILURE_TEXTS[failure], { maybe: false });
}

/** The token of an answer that depends on one message alone. */
export function tokenOf(origin: number, n: number, replicas: number): Token {
  const token: number[] = Array(replicas).fill(0);
  token[origin] = n;
  return token;
}

/** The reply that the write had, or would have had, of which this tells that it is applied. */
export function firstReply({ token, details }: Extract<Reply, { type: "outcome" }>): Reply {
  const { result } = details;
  return resultReply(Array.isArray(result) ? decodeResult(result) : STORED, token);
}

const FAILURE_TEXTS: Readonly<Record<Failure, string>> = {
  not_a_number: "what is there is no decimal number of 64 bits",
  out_of_range: "the sum has more than 64 bits",
  no_key: "there is no such key",
  too_large: "the value would be over its limit",
};

function encodeGiven(result: Given): unknown[] {
  switch (result.type) {
    case "unchanged":
      return ["UNCHANGED"];
    case "number":
      return ["NUMBER", result.number];
    case "value":
      return ["PREVIOUS", result.value];
    default:
      return unreachable(result);
  }
}

function form(...fields: unknown[]): string {
  return JSON.stringify(fields);
}

function isOutcome(value: unknown): value is RequestOutcome {
  return OUTCOMES.some((outcome) => outcome === value);
}
