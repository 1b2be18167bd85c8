/**
 * Linearizability of one register by search: for values that repeat, and for actions that the
 * zones do not know.
 *
 * Goes through the moments at which operations begin and end, and keeps all *configurations*
 * that the register can be in: what it holds, and which of the operations under way have taken
 * effect. Only when an operation ends must it have taken effect; then every configuration where it
 * has not is extended by operations under way until it has. Two configurations that are alike are
 * one. No configuration left: no order explains the answers.
 *
 * Some rules leave out what can make no difference. What does not change the register takes
 * effect as soon as it can. Of operations that do the same, the one that ends first goes first.
 * What may also never happen happens only if another operation under way can notice, and is
 * forgotten when nobody can any more; of two configurations that differ only in how much of it has
 * happened, the one with less is enough.
 *
 * Sources: J. Wing and C. Gong, "Testing and Verifying Concurrent Objects", JPDC 17, 1993;
 * G. Lowe, "Testing for Linearizability", CCPE 29(4), 2017, section "just-in-time linearization".
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import {
  act,
  kindOf,
  observes,
  type RegisterAction,
  type RegisterOperation,
  type RegisterValue,
} from "./register.ts";

/** What a search has found. */
export type SearchResult =
  | { readonly type: "ok" }
  /** No order explains what was answered until this operation ended. */
  | { readonly type: "illegal"; readonly at: number }
  /** Too many configurations to look at all of them. */
  | { readonly type: "unknown" };

/** What a search may cost; it is used up by the searches that share it. */
export interface Budget {
  /** Steps that are left: a step looks at one operation under way in one configuration. */
  steps: number;
}

/**
 * Searches for an order of the operations that explains their answers and keeps to their times.
 * The register holds nothing at first.
 */
export function searchOrder(
  operations: readonly RegisterOperation[],
  budget: Budget,
): SearchResult {
  return new Search(operations, budget).run();
}

/** A way in which the register can have come this far. */
interface Configuration {
  readonly held: RegisterValue;
  /** By slot of an operation under way: a bit that says whether it has taken effect. */
  readonly done: readonly number[];
}

/** Bits of a word that are used: a small integer of the runtime. */
const BITS = 30;

/** An operation under way. Its slot is free again when it is over. */
interface UnderWay {
  readonly operation: RegisterOperation;
  /** The same for operations that do the same. */
  readonly kind: string;
  readonly word: number;
  readonly bit: number;
}

class Search {
  readonly #operations: readonly RegisterOperation[];
  readonly #budget: Budget;
  /** What ends first stands first. */
  readonly #underWay: UnderWay[] = [];
  readonly #freeSlots: number[] = [];
  #slots = 0;
  #frontier: readonly Configuration[] = [{ held: null, done: [] }];

  constructor(operations: readonly RegisterOperation[], budget: Budget) {
    this.#operations = operations;
    this.#budget = budget;
  }

  run(): SearchResult {
    for (const { type, operation, at } of momentsOf(this.#operations)) {
      if (type === "begin") {
        this.#begin(operation);
      } else if (type === "forget") {
        this.#forget(operation);
      } else {
        const frontier = this.#end(operation);
        if (frontier === null) return { type: "unknown" };
        if (frontier.length === 0) return { type: "illegal", at };
        this.#frontier = frontier;
      }
    }
    return { type: "ok" };
  }

  /** Whether it happened makes no difference from now on. */
  #forget(operation: RegisterOperation): void {
    const place = this.#underWay.findIndex((other) => other.operation === operation);
    const [forgotten] = this.#underWay.splice(place, 1);
    this.#frontier = this.#frontier.map((known) => without(known, forgotten));
    this.#freeSlots.push(slotOf(forgotten));
  }

  #begin(operation: RegisterOperation): void {
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    const place = this.#underWay.findIndex((other) => other.operation.end > operation.end);
    this.#underWay.splice(place < 0 ? this.#underWay.length : place, 0, {
      operation,
      kind: kindOf(operation.action),
      word: Math.floor(slot / BITS),
      bit: 1 << (slot % BITS),
    });
  }

  /** The configurations in which the operation has taken effect; null if there are too many. */
  #end(operation: RegisterOperation): Configuration[] | null {
    // What ends now ends first.
    const [ending] = this.#underWay;
    invariant(ending.operation === operation, "what ends is under way");
    const seen = new Set<string>();
    const reached: Configuration[] = [];
    const open = this.#frontier.map((known) => this.#settled(known));
    for (let from = open.pop(); from !== undefined; from = open.pop()) {
      const isNew = seen.size < seen.add(nameOf(from)).size;
      if (!isNew) continue;
      this.#budget.steps -= this.#underWay.length;
      if (this.#budget.steps < 0) return null;
      if (isDone(from, ending)) reached.push(without(from, ending));
      else open.push(...this.#extensions(from));
    }
    this.#underWay.shift();
    this.#freeSlots.push(slotOf(ending));
    return this.#best(reached);
  }

  /** Without those that have used up more of what may never happen than another like them. */
  #best(reached: readonly Configuration[]): Configuration[] {
    if (reached.length < 2) return [...reached];
    const optional: number[] = [];
    for (const { operation, word, bit } of this.#underWay) {
      if (operation.end === Infinity) optional[word] = (optional[word] ?? 0) | bit;
    }
    const alike = Map.groupBy(
      reached,
      ({ held, done }) => nameOf({ held, done: done.map((bits, i) => bits & ~(optional[i] ?? 0)) }),
    );
    return [...alike.values()].flatMap((group) => {
      const best: Configuration[] = [];
      for (const one of group) {
        if (best.some((other) => usesNoMore(other, one))) continue;
        const rest = best.filter((other) => !usesNoMore(one, other));
        best.splice(0, best.length, ...rest, one);
      }
      return best;
    });
  }

  /** The configurations after each operation that can take effect next. */
  #extensions(from: Configuration): Configuration[] {
    const tried = new Set<string>();
    const extensions: Configuration[] = [];
    for (const candidate of this.#underWay) {
      const { operation: { action, end }, kind } = candidate;
      if (isDone(from, candidate) || tried.has(kind)) continue;
      tried.add(kind);
      const held = act(from.held, action);
      if (held === undefined) continue;
      const to = { held, done: withBit(from.done, candidate) };
      if (end < Infinity || this.#isNoticed(to)) extensions.push(this.#settled(to));
    }
    return extensions;
  }

  /** Whether another operation under way notices what the register holds now. */
  #isNoticed(to: Configuration): boolean {
    return this.#underWay.some((other) =>
      !isDone(to, other) && observes(other.operation.action, to.held)
    );
  }

  /** The configuration with all done that is under way, can be done and changes nothing. */
  #settled({ held, done }: Configuration): Configuration {
    for (const candidate of this.#underWay) {
      const { operation: { action, end } } = candidate;
      if (end === Infinity) break;
      if (!isDone({ held, done }, candidate) && isIdle(action, held)) {
        done = withBit(done, candidate);
      }
    }
    return { held, done };
  }
}

/** Whether the action, done now, changes nothing, and later could do no more. */
function isIdle(action: RegisterAction, held: RegisterValue): boolean {
  if (action.type === "write" || (action.type === "cas" && action.swapped === null)) return false;
  return act(held, action) === held;
}

function slotOf({ word, bit }: UnderWay): number {
  return word * BITS + Math.log2(bit);
}

function isDone({ done }: Configuration, { word, bit }: UnderWay): boolean {
  return ((done[word] ?? 0) & bit) !== 0;
}

function withBit(done: readonly number[], { word, bit }: UnderWay): readonly number[] {
  return Array.from(
    { length: Math.max(done.length, word + 1) },
    (_, i) => (done[i] ?? 0) | (i === word ? bit : 0),
  );
}

/** The configuration when the operation is over. */
function without({ held, done }: Configuration, { word, bit }: UnderWay): Configuration {
  return { held, done: trimmed(done.map((bits, i) => i === word ? bits & ~bit : bits)) };
}

/** Without empty words at the end. */
function trimmed(done: readonly number[]): readonly number[] {
  return done.slice(0, done.findLastIndex((bits) => bits !== 0) + 1);
}

/** Whether all that has taken effect in `a` has in `b`. */
function usesNoMore(a: Configuration, b: Configuration): boolean {
  return a.done.every((bits, i) => (bits & ~(b.done[i] ?? 0)) === 0);
}

/** Tells configurations apart. */
function nameOf({ held, done }: Configuration): string {
  return `${done.join()} ${held === null ? "" : `=${held}`}`;
}

interface Moment {
  readonly time: number;
  /** `forget`: nobody can notice any more whether it happened. */
  readonly type: "begin" | "end" | "forget";
  readonly operation: RegisterOperation;
  /** The operation's place in the list. */
  readonly at: number;
}

/** All beginnings and ends in the order of time, without what nobody can have noticed. */
function momentsOf(operations: readonly RegisterOperation[]): Moment[] {
  const until = noticing(operations);
  return operations.flatMap((operation, at): Moment[] => {
    const { begin, end } = operation;
    const moment = (type: Moment["type"], time: number) => ({ time, type, operation, at });
    if (end < Infinity) return [moment("begin", begin), moment("end", end)];
    const forget = until(operation);
    if (forget < begin) return [];
    return [moment("begin", begin), ...(forget < Infinity ? [moment("forget", forget)] : [])];
  }).sort((a, b) => a.time - b.time || (a.type === "end" ? -1 : 1));
}

/** Until when anyone can notice that an operation happened which may also never have happened. */
function noticing(
  operations: readonly RegisterOperation[],
): (operation: RegisterOperation) => number {
  // Who appends or fails to swap notices every value.
  const noticesAll = operations.some(({ action }) =>
    action.type === "append" || (action.type === "cas" && action.swapped === false)
  );
  const until = new Map<RegisterValue, number>();
  for (const { action, end } of operations) {
    if (action.type !== "read" && action.type !== "cas") continue;
    const value = action.type === "read" ? action.value : action.from;
    until.set(value, Math.max(until.get(value) ?? -Infinity, end));
  }
  return ({ action }) => {
    switch (action.type) {
      case "read":
        return -Infinity;
      case "cas":
        if (action.swapped === false) return -Infinity;
        return noticesAll ? Infinity : until.get(action.to) ?? -Infinity;
      case "write":
        return noticesAll ? Infinity : until.get(action.value) ?? -Infinity;
      case "append":
        return Infinity;
    }
  };
}
