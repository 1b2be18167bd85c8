/**
 * Makes a history of its lines, each of which is checked.
 *
 * @module
 */

import { isConsistency } from "../consistency.ts";
import { HistoryError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import { REPLICAS_MAX } from "../limits.ts";
import { FloatColumn, IntColumn } from "./column.ts";
import { HISTORY_VERSION, type HistoryHeader, type HistoryLine } from "./history.ts";
import { Names } from "./names.ts";
import {
  DELETE,
  FAIL,
  FENCE,
  type Final,
  GET,
  type History,
  INFO,
  LEVELS,
  NEVER,
  NO_VALUE,
  NONE,
  OK,
  OPEN,
  type OrderEntries,
  SET,
} from "./recorded.ts";

type Line = Readonly<Record<string, unknown>>;

/** The history that these lines tell, the header first. */
export function historyOf(lines: Iterable<HistoryLine>): History {
  const reader = new HistoryReader();
  for (const line of lines) reader.add(line);
  return reader.finish();
}

/** Takes a history's lines one after the other. */
export class HistoryReader {
  #line = 0;
  #at = -Infinity;
  #header: HistoryHeader | undefined;
  readonly #keys = new Names();
  readonly #values = new Names();
  readonly #ids = new Names();
  readonly #codes = new Names();
  /** By process: the try that it has under way. */
  readonly #underWay = new Map<number, number>();
  /** By id: the first try that bears it. */
  readonly #firstTry = new Map<number, number>();
  readonly #tries = {
    process: new IntColumn(),
    client: new IntColumn(),
    replica: new IntColumn(),
    op: new IntColumn(),
    key: new IntColumn(),
    value: new IntColumn(),
    level: new IntColumn(),
    session: new IntColumn(),
    id: new IntColumn(),
    outcome: new IntColumn(),
    code: new IntColumn(),
    begin: new IntColumn(),
    end: new IntColumn(),
    beginAt: new FloatColumn(),
    endAt: new FloatColumn(),
    operation: new IntColumn(),
  };
  readonly #order = {
    index: new IntColumn(),
    op: new IntColumn(),
    key: new IntColumn(),
    value: new IntColumn(),
    id: new IntColumn(),
    origin: new IntColumn(),
    eventual: new IntColumn(),
    line: new IntColumn(),
  };
  readonly #finals = new Map<number, Final>();

  /** How many lines were taken. */
  get lines(): number {
    return this.#line;
  }

  /** Passes over a line that says nothing. */
  skip(): void {
    this.#line++;
  }

  /**
   * Takes the next line: the value that its JSON stands for.
   *
   * @throws {HistoryError} that names the line and what is wrong with it
   */
  add(line: unknown): void {
    this.#line++;
    if (!isLine(line)) throw this.#error(`a line must be a JSON object, and is ${brief(line)}`);
    if (this.#header === undefined) return this.#addHeader(line);
    switch (line.type) {
      case "invoke":
        return this.#addInvoke(line);
      case "ok":
      case "fail":
      case "info":
        return this.#addAnswer(line, line.type);
      case "order":
        return this.#addOrder(line);
      case "final":
        return this.#addFinal(line);
      default:
        throw this.#wrong("type", "one of invoke, ok, fail, info, order, final", line.type);
    }
  }

  /**
   * The history, once all lines were taken.
   *
   * @throws {HistoryError} if there is none, or the total order has two entries of one index
   */
  finish(): History {
    if (this.#header === undefined) {
      throw new HistoryError("it is empty: the first line must be the header");
    }
    const tries = this.#tries;
    return {
      header: this.#header,
      keys: this.#keys,
      values: this.#values,
      ids: this.#ids,
      codes: this.#codes,
      tries: {
        count: tries.op.length,
        process: tries.process.finish(),
        client: tries.client.finish(),
        replica: tries.replica.finish(),
        op: tries.op.finish(),
        key: tries.key.finish(),
        value: tries.value.finish(),
        level: tries.level.finish(),
        session: tries.session.finish(),
        id: tries.id.finish(),
        outcome: tries.outcome.finish(),
        code: tries.code.finish(),
        begin: tries.begin.finish(),
        end: tries.end.finish(),
        beginAt: tries.beginAt.finish(),
        endAt: tries.endAt.finish(),
        operation: tries.operation.finish(),
      },
      order: this.#finishOrder(),
      finals: this.#finals,
      lines: this.#line,
    };
  }

  #addHeader(line: Line): void {
    if (!("history" in line)) {
      throw this.#error('the first line must be the header, such as {"history":1,"replicas":3}');
    }
    if (line.history !== HISTORY_VERSION) {
      throw this.#error(
        `this program reads histories of version ${HISTORY_VERSION}, and this one says ` +
          `"history": ${brief(line.history)}`,
      );
    }
    const replicas = this.#count(line, "replicas", 1, REPLICAS_MAX);
    const { part } = line;
    if (part !== undefined && part !== true) throw this.#wrong("part", "true or left out", part);
    this.#header = { ...line, history: HISTORY_VERSION, replicas };
  }

  #addInvoke(line: Line): void {
    const process = this.#count(line, "process");
    const before = this.#underWay.get(process);
    if (before !== undefined) {
      throw this.#error(
        `process ${process} begins an operation while the one of line ` +
          `${this.#tries.begin.at(before)} is under way`,
      );
    }
    const op = line.op === "get"
      ? GET
      : line.op === "set"
      ? SET
      : line.op === "delete"
      ? DELETE
      : NONE;
    if (op === NONE) throw this.#wrong("op", "one of get, set, delete", line.op);
    const { level, session, id } = line;
    if (!isConsistency(level)) throw this.#wrong("level", `one of ${LEVELS.join(", ")}`, level);
    if (session !== undefined && typeof session !== "boolean") {
      throw this.#wrong("session", "true, false or left out", session);
    }
    const tries = this.#tries;
    const row = tries.op.length;
    const at = this.#time(line);
    const key = this.#keys.number(this.#text(line, "key"));
    const value = op === SET ? this.#value(this.#text(line, "value")) : NO_VALUE;
    const number = id === undefined || op === GET ? NONE : this.#ids.number(this.#text(line, "id"));
    const operation = number === NONE ? row : this.#operationOf(number, row, op, key, value);
    tries.process.push(process);
    tries.client.push(line.client === undefined ? process : this.#count(line, "client"));
    tries.replica.push(this.#replica(line, "replica"));
    tries.op.push(op);
    tries.key.push(key);
    tries.value.push(value);
    tries.level.push(LEVELS.indexOf(level));
    tries.session.push(session === true ? 1 : 0);
    tries.id.push(number);
    tries.outcome.push(OPEN);
    tries.code.push(NONE);
    tries.begin.push(this.#line);
    tries.end.push(NEVER);
    tries.beginAt.push(at);
    tries.endAt.push(0);
    tries.operation.push(operation);
    this.#underWay.set(process, row);
  }

  /** The first try that bears the id: this one, or one before it, which must ask the same. */
  #operationOf(id: number, row: number, op: number, key: number, value: number): number {
    const first = this.#firstTry.get(id);
    if (first === undefined) {
      this.#firstTry.set(id, row);
      return row;
    }
    const tries = this.#tries;
    if (
      tries.op.at(first) === op && tries.key.at(first) === key && tries.value.at(first) === value
    ) {
      return first;
    }
    throw this.#error(
      `"id" ${brief(this.#ids.text(id))} names another write than in line ${tries.begin.at(first)}`,
    );
  }

  #addAnswer(line: Line, type: "ok" | "fail" | "info"): void {
    const process = this.#count(line, "process");
    const row = this.#underWay.get(process);
    if (row === undefined) {
      throw this.#error(`process ${process} is answered and has no operation under way`);
    }
    const tries = this.#tries;
    if (type === "ok") {
      tries.outcome.set(row, OK);
      if (tries.op.at(row) === GET) tries.value.set(row, this.#valueOrNull(line));
    } else {
      tries.outcome.set(row, type === "fail" ? FAIL : INFO);
      if (line.code !== undefined) {
        tries.code.set(row, this.#codes.number(this.#text(line, "code")));
      }
    }
    tries.end.set(row, this.#line);
    tries.endAt.set(row, this.#time(line));
    this.#underWay.delete(process);
  }

  #addOrder(line: Line): void {
    const { eventual } = line;
    const op = line.op === "set"
      ? SET
      : line.op === "delete"
      ? DELETE
      : line.op === "fence"
      ? FENCE
      : NONE;
    if (op === NONE) throw this.#wrong("op", "one of set, delete, fence", line.op);
    if (eventual !== undefined && typeof eventual !== "boolean") {
      throw this.#wrong("eventual", "true, false or left out", eventual);
    }
    const order = this.#order;
    const id = line.id === undefined && op !== FENCE
      ? NONE
      : this.#ids.number(this.#text(line, "id"));
    order.index.push(this.#count(line, "index", 1));
    order.op.push(op);
    order.key.push(op === FENCE ? NONE : this.#keys.number(this.#text(line, "key")));
    order.value.push(op === SET ? this.#value(this.#text(line, "value")) : NO_VALUE);
    order.id.push(id);
    order.origin.push(line.origin === undefined ? NONE : this.#replica(line, "origin"));
    order.eventual.push(eventual === true ? 1 : 0);
    order.line.push(this.#line);
  }

  #addFinal(line: Line): void {
    const replica = this.#replica(line, "replica");
    const final = this.#finals.get(replica) ?? { wholeLine: 0, held: new Map() };
    this.#finals.set(replica, final);
    if (line.key === undefined) {
      if (final.wholeLine > 0) {
        throw this.#error(
          `replica ${replica} has its whole content behind line ${final.wholeLine}`,
        );
      }
      final.wholeLine = this.#line;
      return;
    }
    const key = this.#keys.number(this.#text(line, "key"));
    const before = final.held.get(key);
    if (before !== undefined) {
      throw this.#error(`replica ${replica} has a value for this key in line ${before.line}`);
    }
    final.held.set(key, { value: this.#valueOrNull(line), line: this.#line });
  }

  /** The entries by their indexes: as they came if, as mostly, they came so. */
  #finishOrder(): OrderEntries {
    const order = this.#order;
    const index = order.index.finish();
    const places = Int32Array.from(index, (_, i) => i);
    if (index.some((at, i) => i > 0 && at <= index[i - 1])) {
      places.sort((a, b) => index[a] - index[b]);
    }
    const sorted = (column: IntColumn) => places.map((place) => column.at(place));
    const entries = {
      count: places.length,
      index: sorted(order.index),
      op: sorted(order.op),
      key: sorted(order.key),
      value: sorted(order.value),
      id: sorted(order.id),
      origin: sorted(order.origin),
      eventual: sorted(order.eventual),
      line: sorted(order.line),
    };
    for (let i = 1; i < entries.count; i++) {
      if (entries.index[i] > entries.index[i - 1]) continue;
      const [a, b] = [entries.line[i - 1], entries.line[i]].sort((a, b) => a - b);
      throw new HistoryError(`lines ${a} and ${b} both have "index" ${entries.index[i]}`);
    }
    return entries;
  }

  #value(text: string): number {
    return this.#values.number(text) + 1;
  }

  #valueOrNull(line: Line): number {
    if (line.value === null) return NO_VALUE;
    if (typeof line.value === "string") return this.#value(line.value);
    throw this.#wrong("value", "text or null", line.value);
  }

  #text(line: Line, name: string): string {
    const value = line[name];
    if (typeof value !== "string") throw this.#wrong(name, "text", value);
    return value;
  }

  #count(line: Line, name: string, min = 0, max = NEVER - 1): number {
    const value = line[name];
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    throw this.#wrong(name, `a whole number from ${min} to ${max}`, value);
  }

  #replica(line: Line, name: string): number {
    invariant(this.#header !== undefined, "the header comes first");
    return this.#count(line, name, 0, this.#header.replicas - 1);
  }

  /** The moment of an event, which is not before the one above. */
  #time(line: Line): number {
    const { at } = line;
    if (typeof at !== "number" || !Number.isFinite(at)) {
      throw this.#wrong("at", "a number of microseconds", at);
    }
    if (at < this.#at) {
      throw this.#error(
        `"at" goes back from ${this.#at} to ${at}: events must stand in the order in which ` +
          "they happened",
      );
    }
    this.#at = at;
    return at;
  }

  #wrong(name: string, wanted: string, found: unknown): HistoryError {
    const is = found === undefined ? "is missing" : `is ${brief(found)}`;
    return this.#error(`"${name}" must be ${wanted}, and ${is}`);
  }

  #error(text: string): HistoryError {
    return new HistoryError(`line ${this.#line}: ${text}`);
  }
}

function isLine(value: unknown): value is Line {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was found, in a few characters; costs the same however large or deep it is. */
function brief(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}
