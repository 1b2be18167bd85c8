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
 *     anything that fails                        → ["ERROR", code, text, details]
 *
 * @module
 */

import { type Consistency, CONSISTENCY_LEVELS, isConsistency } from "../consistency.ts";
import { type ErrorCode, type ErrorDetails, isErrorCode, RequestError } from "../errors.ts";
import {
  REPLICAS_MAX,
  REQUEST_ID_BYTES_MAX,
  REQUEST_TIMEOUT_MS_MAX,
  REQUEST_VALUES_MAX,
  type WireLimits,
} from "../limits.ts";
import { unreachable } from "../invariant.ts";
import type { Result } from "../order/operation.ts";
import { encodeResult } from "./operation.ts";
import { byteLength } from "../bytes.ts";
import { badRequest, brief, count, decodeArray, isCount, isObject, list, text } from "./json.ts";

/**
 * What a client's answers depended on: for each origin, by its id, the highest `n` of its
 * messages. A replica answers a request that bears a token only when it has applied that much.
 */
export type Token = readonly number[];

/** What a request may say besides its command. */
export interface RequestOptions {
  /** The level for this request instead of the cluster's. */
  readonly consistency?: Consistency;
  /** What the replica must have applied before it answers. */
  readonly token?: Token;
  /** Milliseconds after which the answer is `timeout` or `no_quorum`. */
  readonly timeout?: number;
  /** The request's own name: a write that bears one already applied is not applied again. */
  readonly id?: string;
}

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
  /** Of an unknown one: why, in words. */
  readonly reason?: string;
  /** With `never`: ids of writes up to this place are remembered no more, and this may be one. */
  readonly forgotten?: number;
  /** Further facts. */
  readonly [fact: string]: unknown;
}

/** What a client asks. */
export type Request =
  | {
    readonly type: "set";
    readonly key: string;
    readonly value: string;
    /** The UTF-8 length of the value. */
    readonly bytes: number;
    readonly options: RequestOptions;
  }
  | { readonly type: "get"; readonly key: string; readonly options: RequestOptions }
  | { readonly type: "delete"; readonly key: string; readonly options: RequestOptions }
  | {
    readonly type: "outcome";
    /** The id of the request that is asked about, not of this one. */
    readonly id: string;
    /** `consistency`: the level that the write was asked at, if not the cluster's. */
    readonly options: RequestOptions;
  }
  | { readonly type: "status" }
  | { readonly type: "dump"; readonly prefix: string };

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
  | {
    readonly type: "result";
    readonly result: Exclude<Result, { readonly type: "stored" }>;
    readonly token: Token;
  }
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

const COMMANDS: readonly Request["type"][] = ["set", "get", "delete", "outcome", "status", "dump"];

/** Reads a request from its frame.
 *
 * @throws {StreamError} if the frame is not JSON: the connection cannot go on
 * @throws {RequestError} if the form is wrong: the connection goes on
 */
export function decodeRequest(frame: Uint8Array, limits: WireLimits): Request {
  const form = decodeArray(frame, REQUEST_VALUES_MAX);
  switch (form[0]) {
    case "set": {
      const key = readKey(form[1], limits);
      const value = text(form[2], "the value");
      const bytes = checkBytes(form[3], value);
      if (bytes > limits.valueBytes) {
        throw tooLarge(`the value has ${bytes} bytes; the limit is ${limits.valueBytes}`);
      }
      return { type: "set", key, value, bytes, options: readOptions(form[4]) };
    }
    case "get":
      return { type: "get", key: readKey(form[1], limits), options: readOptions(form[2]) };
    case "delete":
      return { type: "delete", key: readKey(form[1], limits), options: readOptions(form[2]) };
    case "outcome":
      return { type: "outcome", id: readId(form[1]), options: readOptions(form[2]) };
    case "status":
      return { type: "status" };
    case "dump":
      return { type: "dump", prefix: text(form[1] ?? "", "the prefix") };
    default:
      if (typeof form[0] === "string") {
        throw new RequestError(
          "unknown_command",
          `unknown command ${brief(form[0])}; known: ${COMMANDS.join(", ")}`,
          { maybe: false },
        );
      }
      throw badRequest('a request must begin with its command, e.g. ["get", "x"]');
  }
}

/** The JSON form of a request. */
export function encodeRequest(request: Request): string {
  switch (request.type) {
    case "set":
      return form("set", request.key, request.value, request.bytes, ...given(request.options));
    case "get":
    case "delete":
      return form(request.type, request.key, ...given(request.options));
    case "outcome":
      return form("outcome", request.id, ...given(request.options));
    case "status":
      return form("status");
    case "dump":
      return request.prefix === "" ? form("dump") : form("dump", request.prefix);
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
    case "END":
      return { type: "end", token: readToken(form[1]) };
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
    case "result":
      return form(...encodeResult(reply.result), reply.token);
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

function form(...fields: unknown[]): string {
  return JSON.stringify(fields);
}

function given(options: RequestOptions): RequestOptions[] {
  return Object.values(options).some((value) => value !== undefined) ? [options] : [];
}

function tooLarge(words: string): RequestError {
  return new RequestError("too_large", words, { maybe: false });
}

function readKey(value: unknown, limits: WireLimits): string {
  const key = text(value, "the key");
  if (key === "") throw badRequest("the key must not be empty");
  const bytes = byteLength(key);
  if (bytes > limits.keyBytes) {
    throw tooLarge(`the key has ${bytes} bytes; the limit is ${limits.keyBytes}`);
  }
  return key;
}

function checkBytes(value: unknown, of: string): number {
  const bytes = byteLength(of);
  if (value !== bytes) {
    throw badRequest(`bytes must be the value's UTF-8 length, ${bytes}, and is ${brief(value)}`);
  }
  return bytes;
}

function readToken(value: unknown): Token {
  const token = list(value, "the token", (n) => count(n, "each number of the token"));
  if (token.length > REPLICAS_MAX) throw badRequest("the token is too long");
  return token;
}

const OPTIONS = ["consistency", "token", "timeout", "id"];

function readOptions(value: unknown): RequestOptions {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw badRequest("the options must be an object");
  const unknown = Object.keys(value).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw badRequest(`unknown option ${brief(unknown)}; known: ${OPTIONS.join(", ")}`);
  }
  const { consistency, token, timeout, id } = value;
  if (consistency !== undefined && !isConsistency(consistency)) {
    throw badRequest(`consistency must be one of ${CONSISTENCY_LEVELS.join(", ")}`);
  }
  if (timeout !== undefined && !(isCount(timeout) && timeout <= REQUEST_TIMEOUT_MS_MAX)) {
    throw badRequest(`timeout must be milliseconds, at most ${REQUEST_TIMEOUT_MS_MAX}`);
  }
  return {
    consistency,
    token: token === undefined ? undefined : readToken(token),
    timeout,
    id: id === undefined ? undefined : readId(id),
  };
}

function readId(value: unknown): string {
  const id = text(value, "the id");
  if (id === "" || byteLength(id) > REQUEST_ID_BYTES_MAX) {
    throw badRequest(`the id must have 1 to ${REQUEST_ID_BYTES_MAX} bytes`);
  }
  return id;
}

function isOutcome(value: unknown): value is RequestOutcome {
  return OUTCOMES.some((outcome) => outcome === value);
}
