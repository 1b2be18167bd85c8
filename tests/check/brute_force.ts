/**
 * The guarantees by their definitions, tried in every possible way: slow, and too simple to be
 * wrong.
 *
 * @module
 */

import type { Consistency } from "../../lib/consistency.ts";
import type { Discipline } from "../../lib/check/clients.ts";
import type { HistoryLine, Invoke, OrderLine } from "../../lib/check/history.ts";
import { act, type RegisterOperation, type RegisterValue } from "../../lib/check/register.ts";

/** Whether some order of a register's operations keeps to their times and explains the answers. */
export function someOrderFits(operations: readonly RegisterOperation[]): boolean {
  const search = (left: readonly RegisterOperation[], held: RegisterValue): boolean => {
    if (left.every(({ end }) => end === Infinity)) return true;
    const firstEnd = Math.min(...left.map(({ end }) => end));
    return left.some((operation) => {
      if (operation.begin > firstEnd) return false;
      const next = act(held, operation.action);
      return next !== undefined && search(left.filter((other) => other !== operation), next);
    });
  };
  return search(operations, null);
}

/** An operation of a small history, once tried. */
export interface SmallOperation {
  readonly process: number;
  readonly replica: number;
  readonly level: Consistency;
  readonly session: boolean;
  readonly isWrite: boolean;
  readonly key: string;
  /** Written or read. */
  readonly value: string | null;
  /** Places among all events. */
  readonly begin: number;
  readonly end: number;
  readonly outcome: "ok" | "info" | "fail";
}

/** The lines of the operations; then, if it is given, the order of these writes. */
export function linesOf(
  operations: readonly SmallOperation[],
  order?: readonly SmallOperation[],
): HistoryLine[] {
  const events = operations.flatMap((operation): [number, HistoryLine][] => {
    const { process, begin, end, outcome } = operation;
    const ending: HistoryLine = outcome === "ok"
      ? { type: "ok", process, at: end, ...(operation.isWrite ? {} : { value: operation.value }) }
      : { type: outcome, process, at: end };
    return [[begin, invokeOf(operation)], [end, ending]];
  });
  const lines = events.sort(([a], [b]) => a - b).map(([, line]) => line);
  const entries = (order ?? []).map((write, i): OrderLine => {
    const facts = { type: "order", index: i + 1, key: write.key, id: idOf(write) } as const;
    return write.value === null
      ? { ...facts, op: "delete" }
      : { ...facts, op: "set", value: write.value };
  });
  return [{ history: 1, replicas: 3 }, ...lines, ...entries];
}

function invokeOf(operation: SmallOperation): Invoke {
  const { process, begin, key, level, replica, session, isWrite, value } = operation;
  const facts = { type: "invoke", process, at: begin, key, level, replica, session } as const;
  if (!isWrite) return { ...facts, op: "get" };
  const id = idOf(operation);
  return value === null ? { ...facts, op: "delete", id } : { ...facts, op: "set", value, id };
}

function idOf({ begin }: SmallOperation): string {
  return `at ${begin}`;
}

function isJudged({ level, session }: SmallOperation, discipline: Discipline): boolean {
  return discipline === "session" ? session : level !== "eventual";
}

/** Whether one follows the other in a client's order. */
function follows(later: SmallOperation, earlier: SmallOperation, discipline: Discipline): boolean {
  if (earlier.process !== later.process || earlier.begin > later.begin) return false;
  if (earlier.outcome !== "ok" || earlier === later) return false;
  if (!isJudged(earlier, discipline) || !isJudged(later, discipline)) return false;
  const isSession = earlier.session && later.session;
  if (discipline === "session") return isSession;
  return isSession || earlier.replica === later.replica;
}

/** Whether the write was answered as ordered before the other one began. */
function wasBefore(earlier: SmallOperation, later: SmallOperation): boolean {
  return earlier.outcome === "ok" && earlier.level !== "eventual" && earlier.end < later.begin;
}

/** Whether the clients' operations fit into this order of the writes, trying all places for reads. */
export function fitsOrder(
  operations: readonly SmallOperation[],
  order: readonly SmallOperation[],
  discipline: Discipline,
  realTime = discipline === "sequential",
): boolean {
  const answered = operations.filter((operation) =>
    operation.outcome === "ok" && isJudged(operation, discipline)
  );
  const isLost = ({ isWrite }: SmallOperation) => isWrite;
  if (discipline === "sequential") {
    if (answered.some((operation) => isLost(operation) && !order.includes(operation))) return false;
  }
  if (realTime && order.some((a, i) => order.slice(i + 1).some((b) => wasBefore(b, a)))) {
    return false;
  }
  const reads = answered.filter(({ isWrite }) => !isWrite);
  const seen = new Set<string>();
  const search = (written: number, read: ReadonlySet<SmallOperation>): boolean => {
    if (written === order.length && read.size === reads.length) return true;
    const state = `${written} ${reads.map((one) => read.has(one) ? 1 : 0).join("")}`;
    if (seen.has(state)) return false;
    seen.add(state);
    const isDone = (operation: SmallOperation) =>
      operation.isWrite
        ? !order.includes(operation) || order.indexOf(operation) < written
        : read.has(operation);
    const isFree = (operation: SmallOperation) =>
      answered.every((earlier) => !follows(operation, earlier, discipline) || isDone(earlier));
    if (written < order.length && isFree(order[written]) && search(written + 1, read)) return true;
    return reads.some((operation) => {
      if (read.has(operation) || !isFree(operation)) return false;
      const held = order.slice(0, written).findLast(({ key }) => key === operation.key);
      if ((held?.value ?? null) !== operation.value) return false;
      return search(written, new Set([...read, operation]));
    });
  };
  return search(0, new Set());
}

/** Whether there is an order of the writes into which the operations fit. */
export function someTotalOrderFits(
  operations: readonly SmallOperation[],
  discipline: Discipline,
): boolean {
  const writes = operations.filter(({ isWrite, outcome }) => isWrite && outcome !== "fail");
  const search = (order: readonly SmallOperation[]): boolean => {
    const left = writes.filter((write) => !order.includes(write));
    const mayEnd = left.every((write) =>
      write.outcome !== "ok" || (write.level === "eventual" && !isJudged(write, discipline))
    );
    if (mayEnd && fitsOrder(operations, order, discipline, true)) return true;
    return left.some((write) => search([...order, write]));
  };
  return search([]);
}
