/**
 * Reads the lines of a trace, and checks them.
 *
 * @module
 */

import { HISTORY_VERSION } from "../check/history.ts";
import { isConsistency } from "../consistency.ts";
import { HistoryError } from "../errors.ts";
import { REPLICAS_MAX } from "../limits.ts";
import { brief, isCount, isObject } from "../wire/json.ts";
import { TRACE_VERSION, type TraceHeader, type TraceLine } from "./line.ts";

/** What a field must be. */
interface Field {
  readonly is: (value: unknown) => boolean;
  readonly words: string;
}

const COUNT: Field = { is: isCount, words: "a whole number, 0 or more" };
const TEXT: Field = { is: (value) => typeof value === "string", words: "a text" };
const FLAG: Field = { is: (value) => typeof value === "boolean", words: "true or false" };
const ANY: Field = { is: () => true, words: "anything" };
const TEXT_OR_NULL: Field = {
  is: (value) => value === null || typeof value === "string",
  words: "a text or null",
};
const LEVEL: Field = { is: (value) => isConsistency(value), words: "a level" };
const TUPLE: Field = { is: isTuple(2), words: "two numbers" };

const oneOf = (...words: readonly string[]): Field => ({
  is: (value) => words.some((word) => word === value),
  words: `one of ${words.join(", ")}`,
});
const orMissing = ({ is, words }: Field): Field => ({
  is: (value) => value === undefined || is(value),
  words: `${words}, or left out`,
});
const orNull = ({ is, words }: Field): Field => ({
  is: (value) => value === null || is(value),
  words: `${words}, or null`,
});
const listOf = (is: (value: unknown) => boolean, words: string): Field => ({
  is: (value) => Array.isArray(value) && value.every(is),
  words: `a list of ${words}`,
});

/** Messages: a line without any tells nothing. */
const messagesOf = (is: (value: unknown) => boolean, words: string): Field => ({
  is: (value) => Array.isArray(value) && value.length > 0 && value.every(is),
  words: `a list of ${words}, and not empty`,
});

const COUNTS = listOf(isCount, "numbers");
const PAIRS = listOf(isTuple(2), "two numbers each");
const STAMPED = messagesOf(isTuple(2), "two numbers each");
const PLACED = messagesOf(isTuple(3), "three numbers each");

type Fields = Readonly<Record<string, Field>>;

const OF_REPLICA: Fields = { at: COUNT, replica: COUNT, time: COUNT };
const ANSWER: Fields = {
  process: COUNT,
  at: COUNT,
  value: orMissing(TEXT_OR_NULL),
  code: orMissing(TEXT),
  origin: orMissing(COUNT),
  n: orMissing(COUNT),
};

/** By type: what must be in a line. Other fields may stand beside them. */
const LINES: Readonly<Record<NonNullable<TraceLine["type"]>, Fields>> = {
  start: { ...OF_REPLICA, index: COUNT, pending: orMissing(PLACED) },
  submit: { ...OF_REPLICA, messages: messagesOf(isSubmitted, "operations") },
  broadcast: { ...OF_REPLICA, to: COUNTS, messages: STAMPED },
  acknowledge: { ...OF_REPLICA, to: COUNTS, covers: TUPLE, stamp: COUNT },
  send: { ...OF_REPLICA, to: COUNTS, message: TEXT },
  receive: {
    ...OF_REPLICA,
    from: COUNT,
    of: oneOf("broadcast", "acknowledge", "other"),
    ignored: orMissing(FLAG),
  },
  deliver: { ...OF_REPLICA, messages: PLACED },
  apply: { ...OF_REPLICA, messages: PLACED },
  view: {
    ...OF_REPLICA,
    state: oneOf("outside", "installed", "live"),
    ballot: orNull(TUPLE),
    members: COUNTS,
    cluster: orMissing(TEXT),
    pending: orMissing(PLACED),
  },
  restore: { ...OF_REPLICA, index: COUNT, from: COUNT, delivered: orMissing(COUNTS) },
  suspect: { ...OF_REPLICA, peer: COUNT, reason: TEXT },
  sample: { ...OF_REPLICA, every: COUNT },
  fault: {
    at: COUNT,
    fault: TEXT,
    phase: oneOf("begin", "end"),
    replicas: COUNTS,
    ways: orMissing(PAIRS),
  },
  invoke: {
    process: COUNT,
    at: COUNT,
    op: TEXT,
    key: TEXT,
    value: ANY,
    level: LEVEL,
    replica: COUNT,
    client: orMissing(COUNT),
    id: orMissing(TEXT),
  },
  ok: ANSWER,
  fail: ANSWER,
  info: ANSWER,
  order: { index: COUNT, op: TEXT, key: orMissing(TEXT), id: orMissing(TEXT) },
  final: { replica: COUNT, key: orMissing(TEXT), value: orMissing(TEXT_OR_NULL) },
};

/** By what was received: what must be in the line besides. */
const RECEIVED: Readonly<Record<string, Fields>> = {
  broadcast: { messages: STAMPED },
  acknowledge: { covers: TUPLE, stamp: COUNT },
  other: { message: TEXT },
};

/**
 * The header of a trace.
 *
 * @throws {HistoryError} if it is none, or that of a version that is not known
 */
export function decodeTraceHeader(value: unknown): TraceHeader {
  if (!isObject(value) || value.history !== HISTORY_VERSION || value.trace === undefined) {
    throw new HistoryError("it is no trace: such as serve --trace FILE writes");
  }
  if (value.trace !== TRACE_VERSION) {
    throw new HistoryError(
      `this program reads traces of version ${TRACE_VERSION}, and this one says ` +
        `"trace": ${brief(value.trace)}`,
    );
  }
  const { replicas, began, clients } = value;
  if (!isCount(replicas) || replicas < 1 || replicas > REPLICAS_MAX) {
    throw wrong("replicas", `a number from 1 to ${REPLICAS_MAX}`, replicas);
  }
  if (!isCount(began)) throw wrong("began", COUNT.words, began);
  if (clients !== "servers" && clients !== "themselves") {
    throw wrong("clients", "servers or themselves", clients);
  }
  const version = { history: HISTORY_VERSION, trace: TRACE_VERSION, type: undefined } as const;
  return { ...value, ...version, replicas, began, clients };
}

/**
 * A line of a trace of so many replicas.
 *
 * @throws {HistoryError} that says what is wrong with it
 */
export function decodeTraceLine(value: unknown, replicas: number): TraceLine {
  checkLine(value, replicas);
  return value;
}

const FIELDS_OF = new Map<unknown, Fields>(Object.entries(LINES));
const RECEIVED_FIELDS_OF = new Map<unknown, Fields>(Object.entries(RECEIVED));

function checkLine(value: unknown, replicas: number): asserts value is TraceLine {
  if (!isObject(value)) throw new HistoryError(`a line must be an object, and is ${brief(value)}`);
  const { type, of } = value;
  const fields = FIELDS_OF.get(type);
  if (fields === undefined) throw wrong("type", `one of ${Object.keys(LINES).join(", ")}`, type);
  checkFields(value, fields);
  if (type === "receive") checkFields(value, RECEIVED_FIELDS_OF.get(of) ?? {});
  if (type === "invoke") checkOperation(value);
  const stranger = idsOf(value).find((id) => isCount(id) && id >= replicas);
  if (stranger !== undefined) {
    throw new HistoryError(`it names replica ${stranger}, and there are ${replicas}`);
  }
}

/** The replicas that a line names. */
function idsOf(line: Record<string, unknown>): unknown[] {
  const { type, to, members, replicas, covers, messages, ways, pending, delivered } = line;
  const lists = [to, members, replicas].flatMap((ids) => Array.isArray(ids) ? ids : []);
  const pairs = Array.isArray(ways) ? ways.flat() : [];
  const isPlaced = (type === "deliver" || type === "apply") && Array.isArray(messages);
  const isWaiting = (type === "start" || type === "view") && Array.isArray(pending);
  return [
    ...[line.replica, line.from, line.peer, line.origin],
    ...lists,
    ...pairs,
    ...(isWaiting ? pending.map((waiting) => waiting[0]) : []),
    // One number for each replica, in their order.
    ...(type === "restore" && Array.isArray(delivered) ? delivered.keys() : []),
    ...(Array.isArray(covers) ? [covers[0]] : []),
    ...(isPlaced ? messages.map((placed) => placed[1]) : []),
  ];
}

function checkFields(line: Record<string, unknown>, fields: Fields): void {
  for (const [name, { is, words }] of Object.entries(fields)) {
    if (!is(line[name])) throw wrong(name, words, line[name]);
  }
}

function isTuple(length: number): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.length === length && value.every(isCount);
}

/** What every operation must have that a history knows. */
function checkOperation({ op, value }: Record<string, unknown>): void {
  if (op === "set" && !TEXT.is(value)) throw wrong("value", TEXT.words, value);
}

function isSubmitted(value: unknown): boolean {
  return isObject(value) && (value.op !== "set" || TEXT.is(value.value)) && isCount(value.n) &&
    typeof value.op === "string" &&
    typeof value.key === "string" && (value.id === undefined || typeof value.id === "string");
}

function wrong(name: string, words: string, found: unknown): HistoryError {
  return new HistoryError(`"${name}" must be ${words}, and is ${brief(found)}`);
}
