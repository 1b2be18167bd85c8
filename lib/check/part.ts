/**
 * Parts of a history that make sense by themselves: if the whole keeps a guarantee, so does the
 * part.
 *
 * The pieces are operations, with all their tries and their entries in the total order; entries
 * that no operation explains; and what the replicas held for a key at the end. A read, or what
 * was held at the end, makes no sense without the writes that it may show.
 *
 * @module
 */

import { type Case, caseOf } from "./case.ts";
import { finalValue } from "./convergence.ts";
import type { HistoryLine, Invoke, OrderLine } from "./history.ts";
import { Groups } from "./operations.ts";
import {
  DELETE,
  FAIL,
  FENCE,
  GET,
  type History,
  LEVELS,
  NEVER,
  NO_VALUE,
  NONE,
  OK,
  SET,
  valueText,
} from "./recorded.ts";
import type { Violation } from "./verdict.ts";

/** A piece of a history; {@linkcode Pieces} knows which. */
export type Piece = number;

/** Takes a history to pieces, and puts some of them together again. */
export class Pieces {
  readonly #case: Case;
  /** Pieces below this are operations, by the rows of their first tries … */
  readonly #firstEntry: Piece;
  /** … below this entries of the total order, by their rows; above, keys, by their numbers. */
  readonly #firstFinal: Piece;
  /** By operation: its tries. */
  readonly #tries: Groups;
  /** By entry: its operation; that of a fence by its id; NONE if it has none. */
  readonly #operationOf: Int32Array;
  readonly #foreign: ReadonlySet<number>;
  /** By operation: its entries, and the fences of its id. */
  readonly #entries: Groups;
  /** By pair: the operations, and the entries of no operation, that write it. */
  readonly #writers: Groups;
  readonly #looseWriters: Groups;

  /** Takes the history apart. */
  constructor(of: Case) {
    this.#case = of;
    const { history: { tries, order }, pairs } = of;
    this.#firstEntry = tries.count;
    this.#firstFinal = tries.count + order.count;
    this.#operationOf = operationsOfEntries(of);
    const foreign = of.witness?.misplaced.filter(({ type }) => type === "foreign") ?? [];
    this.#foreign = new Set(foreign.map(({ entry }) => entry));
    this.#tries = new Groups(tries.count, tries.count, (row) => tries.operation[row]);
    this.#entries = new Groups(order.count, tries.count, (row) => this.#operationOf[row]);
    this.#writers = new Groups(
      tries.count,
      pairs.count,
      (row) => tries.op[row] !== GET && tries.operation[row] === row ? pairs.ofTry[row] : NONE,
    );
    this.#looseWriters = new Groups(
      order.count,
      pairs.count,
      (row) => this.#isLoose(row) ? pairs.ofEntry[row] : NONE,
    );
  }

  /** All pieces of these keys; of all keys unless given. */
  all(keys?: ReadonlySet<number>): Piece[] {
    const { history: { tries, order, finals } } = this.#case;
    const isWanted = (key: number) => keys === undefined || keys.has(key);
    const pieces: Piece[] = [];
    for (let row = 0; row < tries.count; row++) {
      if (tries.operation[row] === row && isWanted(tries.key[row])) pieces.push(row);
    }
    for (let row = 0; row < order.count; row++) {
      if (this.#isLoose(row) && isWanted(order.key[row])) pieces.push(this.#firstEntry + row);
    }
    const held = new Set([...finals.values()].flatMap(({ held }) => [...held.keys()]));
    for (const key of held) {
      if (isWanted(key)) pieces.push(this.#firstFinal + key);
    }
    return pieces;
  }

  /** The pieces that a violation names, with all that these need. */
  named({ operations, entries, finals }: Violation): Piece[] {
    const pieces = [
      ...operations,
      ...entries.map((row) => this.#isLoose(row) ? this.#firstEntry + row : this.#operationOf[row]),
      ...finals.map((key) => this.#firstFinal + key),
    ].filter((piece) => piece >= 0);
    return [...new Set([...pieces, ...pieces.flatMap((piece) => this.#needsOf(piece))])];
  }

  /** Of some pieces, those that make sense without the others. */
  closed(pieces: readonly Piece[]): Piece[] {
    const kept = new Set(pieces);
    return pieces.filter((piece) => this.#needsOf(piece).every((need) => kept.has(need)));
  }

  /** The lines of a history of these pieces, the header first. */
  linesOf(pieces: readonly Piece[]): HistoryLine[] {
    const { history, witness } = this.#case;
    const lines = pieces.flatMap((piece): Numbered[] => {
      if (piece >= this.#firstFinal) return linesOfFinal(history, piece - this.#firstFinal);
      if (piece >= this.#firstEntry) return [lineOfEntry(history, piece - this.#firstEntry)];
      const tries = Array.from(this.#tries.rows(piece), (row) => linesOfTry(history, row)).flat();
      const entries = Array.from(this.#entries.rows(piece), (row) => lineOfEntry(history, row));
      return [...tries, ...entries];
    }).sort(([a], [b]) => a - b);
    const flaw = witness?.flaw ?? null;
    const incomplete = flaw === null ? {} : { incomplete: flaw };
    const header = { ...history.header, part: true, ...incomplete } as const;
    return [header, ...lines.map(([, line]) => line)];
  }

  /** Whether the entry is a piece of its own: nobody asked for it. */
  #isLoose(entry: number): boolean {
    return this.#foreign.has(entry);
  }

  #needsOf(piece: Piece): Piece[] {
    const { history, pairs } = this.#case;
    const { tries, finals } = history;
    if (piece < this.#firstEntry) {
      const isRead = tries.op[piece] === GET && tries.outcome[piece] === OK;
      return isRead ? this.#writersOf(pairs.ofTry[piece]) : [];
    }
    if (piece < this.#firstFinal) return [];
    const key = piece - this.#firstFinal;
    const values = [...finals.keys()].map((replica) => finalValue(history, replica, key));
    return [...new Set(values)].flatMap((value) =>
      value === null ? [] : this.#writersOf(pairs.find(key, value))
    );
  }

  #writersOf(pair: number): Piece[] {
    if (pair === NONE) return [];
    const loose = this.#looseWriters.rows(pair);
    return [...this.#writers.rows(pair), ...loose.map((row) => this.#firstEntry + row)];
  }
}

/** The lines of all that a history tells of one key. */
export function keyPart(history: History, key: number): HistoryLine[] {
  const pieces = new Pieces(caseOf(history, { steps: 0 }));
  return pieces.linesOf(pieces.all(new Set([key])));
}

function operationsOfEntries({ history: { order, tries, ids }, witness }: Case): Int32Array {
  if (witness === null) return new Int32Array();
  const byId = new Int32Array(ids.count).fill(NONE);
  for (let row = 0; row < tries.count; row++) {
    if (tries.id[row] !== NONE) byId[tries.id[row]] = tries.operation[row];
  }
  return order.op.map((op, row) => op === FENCE ? byId[order.id[row]] : witness.operation[row]);
}

type Numbered = readonly [line: number, HistoryLine];

function linesOfTry(history: History, row: number): Numbered[] {
  const { tries, codes } = history;
  const process = tries.process[row];
  const begun: Numbered = [tries.begin[row], invokeOf(history, row)];
  if (tries.end[row] === NEVER) return [begun];
  const facts = { process, at: tries.endAt[row] };
  if (tries.outcome[row] === OK) {
    const value = tries.op[row] === GET ? { value: valueText(history, tries.value[row]) } : {};
    return [begun, [tries.end[row], { type: "ok", ...facts, ...value }]];
  }
  const type = tries.outcome[row] === FAIL ? "fail" : "info";
  const code = tries.code[row] === NONE ? {} : { code: codes.text(tries.code[row]) };
  return [begun, [tries.end[row], { type, ...facts, ...code }]];
}

function invokeOf(history: History, row: number): Invoke {
  const { tries, keys, ids } = history;
  const process = tries.process[row];
  const facts = {
    type: "invoke",
    process,
    ...(tries.client[row] === process ? {} : { client: tries.client[row] }),
    at: tries.beginAt[row],
    key: keys.text(tries.key[row]),
    level: LEVELS[tries.level[row]],
    replica: tries.replica[row],
    ...(tries.session[row] === 1 ? { session: true } : {}),
  } as const;
  const id = tries.id[row] === NONE ? {} : { id: ids.text(tries.id[row]) };
  if (tries.op[row] === GET) return { ...facts, op: "get" };
  if (tries.op[row] === DELETE) return { ...facts, op: "delete", ...id };
  return { ...facts, op: "set", value: valueText(history, tries.value[row]) ?? "", ...id };
}

function lineOfEntry(history: History, row: number): Numbered {
  const { order, keys, ids } = history;
  const origin = order.origin[row] === NONE ? {} : { origin: order.origin[row] };
  const facts = { type: "order", index: order.index[row], ...origin } as const;
  const line = order.line[row];
  if (order.op[row] === FENCE) {
    const fence: OrderLine = { ...facts, op: "fence", id: ids.text(order.id[row]) };
    return [line, fence];
  }
  const key = keys.text(order.key[row]);
  const id = order.id[row] === NONE ? {} : { id: ids.text(order.id[row]) };
  const eventual = order.eventual[row] === 1 ? { eventual: true } : {};
  const entry: OrderLine = order.op[row] === SET
    ? {
      ...facts,
      op: "set",
      key,
      value: valueText(history, order.value[row]) ?? "",
      ...id,
      ...eventual,
    }
    : { ...facts, op: "delete", key, ...id, ...eventual };
  return [line, entry];
}

/** What each replica held for the key: told for each by itself, since the rest is left out. */
function linesOfFinal(history: History, key: number): Numbered[] {
  return [...history.finals].flatMap(([replica, { held, wholeLine }]): Numbered[] => {
    const value = finalValue(history, replica, key);
    if (value === null) return [];
    const line = held.get(key)?.line ?? wholeLine;
    const text = value === NO_VALUE ? null : valueText(history, value);
    return [[line, { type: "final", replica, key: history.keys.text(key), value: text }]];
  });
}
