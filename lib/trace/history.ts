/**
 * The history that a trace holds: what clients asked and were told, and the total order, in the
 * form that the checker reads.
 *
 * @module
 */

import {
  HISTORY_VERSION,
  type HistoryHeader,
  type HistoryLine,
  type Invoke,
  type InvokeFacts,
  type OrderLine,
} from "../check/history.ts";
import type {
  AnswerLine,
  InvokeLine,
  PlaceLine,
  SubmitLine,
  Submitted,
  TraceLine,
} from "./line.ts";
import { toldText } from "./told.ts";
import { messageName } from "./words.ts";

/** The operations that a history has a form for. */
const KNOWN: readonly string[] = ["get", "set", "delete", "fence"];

/** The types of the lines that decide what a history of a trace is. */
export const JUDGED_TYPES: ReadonlySet<TraceLine["type"]> = new Set<TraceLine["type"]>([
  ...["invoke", "ok", "fail", "info", "submit", "deliver", "order", "final"] as const,
  ...["start", "restore", "sample", "view"] as const,
]);

/** What a history is made of. */
export interface TraceOf {
  readonly replicas: number;
  /** All that the trace tells, in the order of time. */
  readonly lines: readonly TraceLine[];
  /** How many of its lines could not be read; none if not given. */
  readonly unread?: number;
}

/**
 * The history in the lines of a trace. What a history has no form for is left out, with all that
 * touches the same keys; the header says so.
 */
export function historyLinesOf({ replicas, lines, unread = 0 }: TraceOf): HistoryLine[] {
  // Nothing tells what they told: without it, what is right may look wrong.
  if (unread > 0) {
    return unknownHistory(replicas, `${unread} of the trace's lines cannot be read`);
  }
  // Who tells the order apart tells all of it, however few messages replicas tell of.
  const hasOrder = lines.some(({ type }) => type === "order");
  const isPart = lines.some((line) => line.type === "sample" && line.every > 1);
  if (isPart && !hasOrder) {
    return unknownHistory(replicas, "only a part of the messages is told");
  }
  if (!hasOrder && !isWhole(lines)) {
    const which = "from before the trace began, or of a replica that was killed";
    return unknownHistory(replicas, `messages are not told: ${which}`);
  }
  const maker = new HistoryMaker(lines);
  for (const line of lines) maker.take(line);
  return maker.finish(replicas);
}

/** A history that proves nothing: a read may have seen what is not told. */
export function unknownHistory(replicas: number, incomplete: string): HistoryLine[] {
  return [{ history: HISTORY_VERSION, replicas, part: true, incomplete }];
}

/** What replicas were given, by the names of the messages that it became. */
function submittedIn(lines: readonly TraceLine[]): ReadonlyMap<string, Submitted> {
  return new Map(lines.flatMap((line) => {
    if (line.type !== "submit") return [];
    return line.messages.map((one) => [messageName(line.replica, one.n), one] as const);
  }));
}

/** Whether each message is told that a replica has delivered, or had when its process began. */
function isWhole(lines: readonly TraceLine[]): boolean {
  const submitted = submittedIn(lines);
  const told = new Set<number>();
  let last = 0;
  for (const line of lines) {
    if (line.type === "start" || line.type === "restore") last = Math.max(last, line.index);
    if (line.type !== "deliver") continue;
    for (const [index, origin, n] of line.messages) {
      last = Math.max(last, index);
      if (index > 0 && submitted.has(messageName(origin, n))) told.add(index);
    }
  }
  return told.size === last;
}

class HistoryMaker {
  readonly #lines: HistoryLine[] = [];
  readonly #hasOrder: boolean;
  /** Keys that are left out, since something is done to them that a history has no form for. */
  readonly #leftOut: Set<string>;
  #isLeftOut = false;
  readonly #submitted: ReadonlyMap<string, Submitted>;
  #unasked = 0;
  /** By the trace's processes: the history's, and what each has under way. */
  readonly #processes = new Map<number, number>();
  readonly #clients = new Map<number, number>();
  readonly #open = new Map<number, InvokeLine>();
  readonly #ordered = new Set<number>();
  /** Names of messages, and ids of requests without such a name, that a client has asked for. */
  readonly #asked: ReadonlySet<string>;

  constructor(lines: readonly TraceLine[]) {
    this.#hasOrder = lines.some(({ type }) => type === "order");
    this.#leftOut = new Set(lines.flatMap(strangeKeys));
    // By clocks that differ a little a message may be delivered before it was submitted.
    this.#submitted = submittedIn(lines);
    this.#asked = askedIn(lines);
  }

  take(line: TraceLine): void {
    switch (line.type) {
      case "invoke":
        return this.#invoked(line);
      case "ok":
      case "fail":
      case "info":
        return this.#answered(line);
      case "submit":
        return line.messages.forEach((submitted) => this.#submit(submitted, line));
      case "deliver":
        return this.#delivered(line);
      case "order":
        return this.#add(line);
      case "final":
        return "key" in line ? this.#add(line) : void this.#lines.push(line);
      default:
        return;
    }
  }

  finish(replicas: number): HistoryLine[] {
    const incomplete = "operations other than get, set and delete are left out";
    const header: HistoryHeader = {
      history: HISTORY_VERSION,
      replicas,
      ...(this.#isLeftOut && { part: true as const, incomplete }),
    };
    return [header, ...this.#lines];
  }

  #invoked(line: InvokeLine): void {
    // What is done to no single key has no key to be left out by.
    if (!KNOWN.includes(line.op) || this.#isStrange(line.key)) {
      this.#isLeftOut = true;
      return;
    }
    this.#open.set(line.process, line);
    this.#lines.push(invokeOf(line, {
      process: numberOf(this.#processes, line.process),
      ...(line.client !== undefined && { client: numberOf(this.#clients, line.client) }),
    }));
  }

  #answered({ type, process, at, value, code }: AnswerLine): void {
    const asked = this.#open.get(process);
    if (asked === undefined) return;
    this.#open.delete(process);
    const number = numberOf(this.#processes, process);
    if (type !== "ok") this.#lines.push({ type, process: number, at, ...(code && { code }) });
    else {
      const text = typeof value === "string" ? wellFormed(value) : null;
      const read = asked.op === "get" ? { value: text } : {};
      this.#lines.push({ type, process: number, at, ...read });
    }
  }

  /** A server tells of a request when it answers: of one that it never answered, here. */
  #submit(submitted: Submitted, { replica, at }: SubmitLine): void {
    const { n, op, key, value, id } = submitted;
    const name = messageName(replica, n);
    const isAsked = this.#asked.has(name) || (id !== undefined && this.#asked.has(idName(id)));
    if (this.#hasOrder || isAsked || !KNOWN.includes(op) || op === "fence") return;
    const process = --this.#unasked;
    const level = "eventual";
    this.#invoked({ type: "invoke", process, at, op, key, value, level, replica, id });
  }

  /** The order is the same at all replicas: the first that delivers tells of it. */
  #delivered({ messages }: PlaceLine): void {
    if (this.#hasOrder) return;
    for (const [index, origin, n] of messages) {
      const submitted = this.#submitted.get(messageName(origin, n));
      if (this.#ordered.has(index) || submitted === undefined) continue;
      this.#ordered.add(index);
      const line = orderOf(submitted, index, origin);
      if (line !== null) this.#add(line);
      else this.#isLeftOut = true;
    }
  }

  #add(line: OrderLine | Extract<HistoryLine, { key: string; type: "final" }>): void {
    if (!("key" in line) || !this.#isStrange(line.key)) this.#lines.push(line);
  }

  #isStrange(key: string): boolean {
    const isStrange = this.#leftOut.has(toldText(key)) || this.#leftOut.has(ALL_KEYS);
    this.#isLeftOut ||= isStrange;
    return isStrange;
  }
}

/**
 * What clients are told to have asked for. A request may be tried at several replicas under one id:
 * an answer that names its message tells of that try only.
 */
function askedIn(lines: readonly TraceLine[]): Set<string> {
  const asked = new Set<string>();
  const open = new Map<number, string>();
  for (const line of lines) {
    switch (line.type) {
      case "invoke":
        if (line.id !== undefined) open.set(line.process, idName(line.id));
        break;
      case "ok":
      case "fail":
      case "info": {
        const { process, origin, n } = line;
        const id = open.get(process);
        open.delete(process);
        if (origin !== undefined && n !== undefined) asked.add(messageName(origin, n));
        else if (id !== undefined) asked.add(id);
      }
    }
  }
  for (const id of open.values()) asked.add(id);
  return asked;
}

/** An id, apart from names of messages. */
function idName(id: string): string {
  return `id ${id}`;
}

/** No key is empty: this stands for all of them, as in `clear`. */
const ALL_KEYS = "";

/** The keys, as they are told, that a line does something to that a history has no form for. */
function strangeKeys(line: TraceLine): string[] {
  if (line.type === "invoke") return KNOWN.includes(line.op) ? [] : keysOf(line);
  return line.type === "submit"
    ? line.messages.filter(({ op }) => !KNOWN.includes(op)).flatMap(keysOf)
    : [];
}

function keysOf({ op, key, value }: Pick<InvokeLine, "op" | "key" | "value">): string[] {
  const contents: readonly unknown[] = Array.isArray(value) ? value.slice(1) : [];
  const keys = op === "several"
    ? contents.map((pair): unknown => Array.isArray(pair) ? pair[0] : undefined)
    : op === "rename"
    ? [key, contents[0]]
    : [key];
  return keys.map((one) => typeof one === "string" ? toldText(one) : ALL_KEYS);
}

function invokeOf(
  { at, op, key, value, level, replica, session, id }: InvokeLine,
  who: Pick<InvokeFacts, "process" | "client">,
): Invoke {
  const facts = {
    type: "invoke",
    at,
    key: wellFormed(key),
    level,
    replica,
    ...who,
    ...(session !== undefined && { session }),
  } as const;
  const named = { ...facts, ...(id !== undefined && { id: wellFormed(id) }) };
  if (op === "set") return { ...named, op, value: wellFormed(String(value)) };
  return op === "delete" ? { ...named, op } : { ...facts, op: "get" };
}

function orderOf({ op, key, value, id }: Submitted, index: number, origin: number) {
  const named = id === undefined ? {} : { id: wellFormed(id) };
  const facts = { type: "order", index, origin, ...named } as const;
  const own = wellFormed(key);
  if (op === "set") return { ...facts, op, key: own, value: wellFormed(String(value)) } as const;
  if (op === "delete") return { ...facts, op, key: own } as const;
  return op === "fence" && id !== undefined ? { ...facts, id: wellFormed(id), op } as const : null;
}

/** A text as a history has it: halves of characters, which stand for bytes, as escapes. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Cs}/gu, (half) => JSON.stringify(half).slice(1, -1));
}

/** The number that stands for another one: they begin with 0. */
function numberOf(numbers: Map<number, number>, other: number): number {
  const number = numbers.get(other) ?? numbers.size;
  numbers.set(other, number);
  return number;
}
