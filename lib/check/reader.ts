/**
 * Makes a history of its lines, each of which is checked.
 *
 * @module
 */

import { isConsistency } from "../consistency.ts";
import { HistoryError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import { REPLICAS_MAX } from "../limits.ts";
import { FloatColumn, IntTable } from "./column.ts";
import { HISTORY_VERSION, type HistoryHeader, type HistoryLine } from "./history.ts";
import { Names, Span } from "./names.ts";
import { PlainLine } from "./plain_line.ts";
import {
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
  OPS,
  ORDER_COLUMNS,
  type OrderEntries,
  SET,
  TRY_COLUMNS,
} from "./recorded.ts";

/** What an invoke may ask, and what the total order may hold. */
const INVOKED: readonly string[] = ["get", "set", "delete"];
const ORDERED: readonly string[] = ["set", "delete", "fence"];

/** The fields that are looked at. Others may stand beside them. */
interface Line {
  readonly type?: unknown;
  readonly process?: unknown;
  readonly at?: unknown;
  readonly op?: unknown;
  readonly key?: unknown;
  readonly value?: unknown;
  readonly level?: unknown;
  readonly replica?: unknown;
  readonly session?: unknown;
  readonly id?: unknown;
  readonly client?: unknown;
  readonly code?: unknown;
  readonly index?: unknown;
  readonly origin?: unknown;
  readonly eventual?: unknown;
  readonly replicas?: unknown;
  readonly part?: unknown;
  readonly incomplete?: unknown;
}

/** The history that these lines tell, the header first. */
export function historyOf(lines: Iterable<HistoryLine>): History {
  const reader = new HistoryReader();
  for (const line of lines) reader.add(line);
  return reader.finish();
}

/** Takes a history's lines one after the other. */
export class HistoryReader {
  readonly #plain = new PlainLine();
  #line = 0;
  #at = -Infinity;
  #header: HistoryHeader | undefined;
  readonly #keys = new Names();
  readonly #values = new Names();
  readonly #ids = new Names();
  readonly #codes = new Names();
  /** By process: the try that it has under way. */
  readonly #underWay = new Map<number, number>();
  /** By id: the first try that bears it, plus one; 0 if none does. */
  readonly #ofIds = new IntTable(["firstTry"]);
  readonly #tries = new IntTable(TRY_COLUMNS);
  readonly #beginAt = new FloatColumn();
  readonly #endAt = new FloatColumn();
  readonly #order = new IntTable(ORDER_COLUMNS);
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
   * Takes the next line from its bytes, if that is a plain one: as programs write them. Else it is
   * to be parsed and {@linkcode HistoryReader.add}ed.
   *
   * @throws {HistoryError} that names the line and what is wrong with it
   */
  addPlain(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#header === undefined || !this.#plain.read(bytes, from, to)) return false;
    this.#line++;
    this.#addLine(this.#plain.fields);
    return true;
  }

  /**
   * Takes the next line: the value that its JSON stands for.
   *
   * @throws {HistoryError} that names the line and what is wrong with it
   */
  add(line: unknown): void {
    this.#line++;
    if (!isLine(line)) throw this.#error(`a line must be a JSON object, and is ${brief(line)}`);
    if (this.#header === undefined) this.#addHeader(line);
    else this.#addLine(line);
  }

  #addLine(line: Line): void {
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
    return {
      header: this.#header,
      keys: this.#keys,
      values: this.#values,
      ids: this.#ids,
      codes: this.#codes,
      tries: {
        ...this.#tries.finish(),
        count: this.#tries.length,
        beginAt: this.#beginAt.finish(),
        endAt: this.#endAt.finish(),
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
    if ("trace" in line) throw this.#error("it is a trace: give it as a file, not on stdin");
    const replicas = this.#count(line.replicas, "replicas", 1, REPLICAS_MAX);
    const { type, part, incomplete, ...facts } = line;
    if (type !== undefined) throw this.#wrong("type", "left out of the header", type);
    if (part !== undefined && part !== true) throw this.#wrong("part", "true or left out", part);
    if (incomplete !== undefined && typeof incomplete !== "string") {
      throw this.#wrong("incomplete", "text or left out", incomplete);
    }
    this.#header = {
      ...facts,
      history: HISTORY_VERSION,
      replicas,
      ...(part ? { part } : {}),
      ...(incomplete === undefined ? {} : { incomplete }),
    };
  }

  #addInvoke(line: Line): void {
    const process = this.#count(line.process, "process");
    const before = this.#underWay.get(process);
    if (before !== undefined) {
      throw this.#error(
        `process ${process} begins an operation while the one of line ` +
          `${this.#tries.columns.begin[before]} is under way`,
      );
    }
    const op = this.#op(line.op, INVOKED);
    const { level, session, id } = line;
    if (!isConsistency(level)) throw this.#wrong("level", `one of ${LEVELS.join(", ")}`, level);
    if (session !== undefined && typeof session !== "boolean") {
      throw this.#wrong("session", "true, false or left out", session);
    }
    const at = this.#time(line);
    const replica = this.#replica(line.replica, "replica");
    const client = line.client === undefined ? process : this.#count(line.client, "client");
    const key = this.#keys.number(this.#text(line.key, "key"));
    const value = op === SET ? this.#value(this.#text(line.value, "value")) : NO_VALUE;
    const hasId = id !== undefined && op !== GET;
    const row = this.#tries.addRow();
    const tries = this.#tries.columns;
    tries.process[row] = process;
    tries.client[row] = client;
    tries.replica[row] = replica;
    tries.op[row] = op;
    tries.key[row] = key;
    tries.value[row] = value;
    tries.level[row] = LEVELS.indexOf(level);
    tries.session[row] = session === true ? 1 : 0;
    tries.id[row] = hasId ? this.#ids.number(this.#text(id, "id")) : NONE;
    tries.outcome[row] = OPEN;
    tries.code[row] = NONE;
    tries.begin[row] = this.#line;
    tries.end[row] = NEVER;
    tries.operation[row] = hasId ? this.#firstTry(row) : row;
    this.#beginAt.push(at);
    this.#endAt.push(0);
    this.#underWay.set(process, row);
  }

  /** The first try with this one's id: itself, or one before it, which must ask the same. */
  #firstTry(row: number): number {
    const { id, op, key, value, begin } = this.#tries.columns;
    while (this.#ofIds.length <= id[row]) this.#ofIds.addRow();
    const { firstTry } = this.#ofIds.columns;
    if (firstTry[id[row]] === 0) firstTry[id[row]] = row + 1;
    const first = firstTry[id[row]] - 1;
    if (op[first] === op[row] && key[first] === key[row] && value[first] === value[row]) {
      return first;
    }
    throw this.#error(
      `"id" ${brief(this.#ids.text(id[row]))} names another write than in line ${begin[first]}`,
    );
  }

  #addAnswer(line: Line, type: "ok" | "fail" | "info"): void {
    const process = this.#count(line.process, "process");
    const row = this.#underWay.get(process);
    if (row === undefined) {
      throw this.#error(`process ${process} is answered and has no operation under way`);
    }
    const { op, value, outcome, code, end } = this.#tries.columns;
    if (type === "ok") {
      outcome[row] = OK;
      if (op[row] === GET) value[row] = this.#valueOrNull(line);
    } else {
      outcome[row] = type === "fail" ? FAIL : INFO;
      if (line.code !== undefined) {
        code[row] = this.#codes.number(this.#text(line.code, "code"));
      }
    }
    end[row] = this.#line;
    this.#endAt.set(row, this.#time(line));
    this.#underWay.delete(process);
  }

  #addOrder(line: Line): void {
    const { eventual } = line;
    const op = this.#op(line.op, ORDERED);
    if (eventual !== undefined && typeof eventual !== "boolean") {
      throw this.#wrong("eventual", "true, false or left out", eventual);
    }
    const hasId = line.id !== undefined || op === FENCE;
    const row = this.#order.addRow();
    const order = this.#order.columns;
    order.index[row] = this.#count(line.index, "index", 1);
    order.op[row] = op;
    order.key[row] = op === FENCE ? NONE : this.#keys.number(this.#text(line.key, "key"));
    order.value[row] = op === SET ? this.#value(this.#text(line.value, "value")) : NO_VALUE;
    order.id[row] = hasId ? this.#ids.number(this.#text(line.id, "id")) : NONE;
    order.origin[row] = line.origin === undefined ? NONE : this.#replica(line.origin, "origin");
    order.eventual[row] = eventual === true ? 1 : 0;
    order.line[row] = this.#line;
  }

  #addFinal(line: Line): void {
    const replica = this.#replica(line.replica, "replica");
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
    const key = this.#keys.number(this.#text(line.key, "key"));
    const before = final.held.get(key);
    if (before !== undefined) {
      throw this.#error(`replica ${replica} has a value for this key in line ${before.line}`);
    }
    final.held.set(key, { value: this.#valueOrNull(line), line: this.#line });
  }

  /** The entries by their indexes: as they came if, as mostly, they came so. */
  #finishOrder(): OrderEntries {
    const { length } = this.#order;
    const order = this.#order.finish();
    const { index, line } = order;
    const isSorted = index.every((at, row) => row === 0 || at > index[row - 1]);
    if (isSorted) return { ...order, count: length };
    const rows = Int32Array.from(index, (_, row) => row).sort((a, b) => index[a] - index[b]);
    for (let i = 1; i < length; i++) {
      const [a, b] = [rows[i - 1], rows[i]].sort((a, b) => a - b);
      if (index[a] !== index[b]) continue;
      throw new HistoryError(`lines ${line[a]} and ${line[b]} both have "index" ${index[a]}`);
    }
    const sorted = Object.entries(order).map(([name, column]) =>
      [name, rows.map((row) => column[row])] as const
    );
    return { ...order, ...Object.fromEntries(sorted), count: length };
  }

  #op(value: unknown, allowed: readonly string[]): number {
    const op = OPS.findIndex((name) => name === value);
    if (op >= 0 && allowed.includes(OPS[op])) return op;
    throw this.#wrong("op", `one of ${allowed.join(", ")}`, value);
  }

  #value(text: string | Span): number {
    return this.#values.number(text) + 1;
  }

  #valueOrNull(line: Line): number {
    const { value } = line;
    if (value === null) return NO_VALUE;
    if (typeof value === "string" || value instanceof Span) {
      return this.#value(this.#text(value, "value"));
    }
    throw this.#wrong("value", "text or null", value);
  }

  #text(value: unknown, name: string): string | Span {
    if (value instanceof Span) return value;
    if (typeof value !== "string") throw this.#wrong(name, "text", value);
    if (value.isWellFormed()) return value;
    throw this.#wrong(name, "well-formed text", value);
  }

  #count(value: unknown, name: string, min = 0, max = NEVER - 1): number {
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    throw this.#wrong(name, `a whole number from ${min} to ${max}`, value);
  }

  #replica(value: unknown, name: string): number {
    invariant(this.#header !== undefined, "the header comes first");
    return this.#count(value, name, 0, this.#header.replicas - 1);
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
  if (value instanceof Span) return brief(value.text);
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}
