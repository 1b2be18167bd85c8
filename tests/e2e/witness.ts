/**
 * Checks recorded histories against the delivery order that the replicas agreed on: the witness
 * that spares the search for an order.
 *
 * A history is sequentially consistent with that order if every client's operations fit into it
 * one after the other: each write stands where the order has it, and each read between two writes
 * where its key had the value read. Taking for each read the first place that fits is enough: a
 * later one only leaves less room for what follows.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** A write as the order has it. */
export interface Ordered {
  /** The name that its client gave it; none twice. */
  readonly id: string;
  readonly key: string;
  /** null: deleted. */
  readonly value: string | null;
}

/** What a client did, and when: times of one clock. */
export interface Operation {
  readonly type: "write" | "read";
  /** A write's name. */
  readonly id?: string;
  readonly key: string;
  /** Written or read; null: deleted, or not there. */
  readonly value: string | null;
  readonly invoked: number;
  readonly answered: number;
}

/** One client's operations, in the order invoked. */
export type History = readonly Operation[];

/** What is wrong with the histories given this order, or null. */
export function violation(order: readonly Ordered[], histories: readonly History[]): string | null {
  const index = new Map(order.map(({ id }, i) => [id, i]));
  if (index.size < order.length) return "a write was delivered twice";
  const values = valuesByKey(order);
  for (const [client, history] of histories.entries()) {
    let position = 0;
    for (const operation of history) {
      const next = operation.type === "write"
        ? afterWrite(operation, order, index, position)
        : afterRead(operation, values, position);
      if (next === null) return `client ${client}: ${show(operation)} does not fit in`;
      position = next;
    }
  }
  return againstRealTime(order, histories);
}

/** The position right behind the write, if that is not before `from`. */
function afterWrite(
  { id = "", key, value }: Operation,
  order: readonly Ordered[],
  index: ReadonlyMap<string, number>,
  from: number,
): number | null {
  const at = index.get(id);
  if (at === undefined || at < from) return null;
  return order[at].key === key && order[at].value === value ? at + 1 : null;
}

/** A value that a key has from one position on until its next. */
interface Held {
  readonly from: number;
  readonly value: string | null;
}

function valuesByKey(order: readonly Ordered[]): ReadonlyMap<string, Held[]> {
  const values = new Map<string, Held[]>();
  order.forEach(({ key, value }, i) => {
    const held = values.get(key) ?? [{ from: 0, value: null }];
    held.push({ from: i + 1, value });
    values.set(key, held);
  });
  return values;
}

/** The first position not before `from` where the key has the value read. */
function afterRead(
  { key, value }: Operation,
  values: ReadonlyMap<string, Held[]>,
  from: number,
): number | null {
  const all = values.get(key) ?? [{ from: 0, value: null }];
  for (const [i, held] of all.entries()) {
    const until = all[i + 1]?.from ?? Infinity;
    if (until > from && held.value === value) return Math.max(from, held.from);
  }
  return null;
}

/** A write that was answered before another one was invoked stands before it. */
function againstRealTime(
  order: readonly Ordered[],
  histories: readonly History[],
): string | null {
  const written = new Map(
    histories.flat().filter(({ type }) => type === "write").map((write) => [write.id, write]),
  );
  let first: Operation | undefined;
  for (const { id } of order.toReversed()) {
    const write = written.get(id);
    if (write === undefined) continue;
    if (first !== undefined && first.answered < write.invoked) {
      return `${show(first)} was answered before ${show(write)} was invoked, and stands after it`;
    }
    if (first === undefined || write.answered < first.answered) first = write;
  }
  return null;
}

function show({ type, id, key, value }: Operation): string {
  return `${type}${id === undefined ? "" : ` ${id}`} ${key}=${value}`;
}

/** What a replica of a stopped cluster has delivered, from its log. */
export function readDeliveryOrder(folder: string): Ordered[] {
  const db = new DatabaseSync(`${folder}/store.db`, { readOnly: true });
  try {
    const rows = db.prepare("SELECT idx, key, value, request FROM log ORDER BY idx").all();
    return rows.map(({ idx, key, value, request }, i) => {
      if (Number(idx) !== i + 1) throw new Error(`The log of ${folder} has no entry ${i + 1}`);
      return { id: text(request), key: text(key), value: value === null ? null : text(value) };
    });
  } finally {
    db.close();
  }
}

function text(bytes: unknown): string {
  if (typeof bytes === "string") return bytes;
  if (!(bytes instanceof Uint8Array)) throw new TypeError("Cannot read a column: it has no bytes");
  return new TextDecoder().decode(bytes);
}

/** What the keys hold when all of the order is applied. */
export function stateAfter(order: readonly Ordered[]): Map<string, string> {
  const state = new Map<string, string>();
  for (const { key, value } of order) {
    if (value === null) state.delete(key);
    else state.set(key, value);
  }
  return state;
}
