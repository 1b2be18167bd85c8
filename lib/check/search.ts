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
 * Three rules leave out what can make no difference. What does not change the register takes
 * effect as soon as it can. Of operations that do the same, the one that ends first goes first.
 * What may also never happen happens only if another operation under way can notice.
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
    for (const { operation, begins, at } of momentsOf(this.#operations)) {
      if (begins) {
        this.#begin(operation);
        continue;
      }
      const frontier = this.#end(operation);
      if (frontier === null) return { type: "unknown" };
      if (frontier.length === 0) return { type: "illegal", at };
      this.#frontier = frontier;
    }
    return { type: "ok" };
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
    this.#freeSlots.push(ending.word * BITS + Math.log2(ending.bit));
    return reached;
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

function isDone({ done }: Configuration, { word, bit }: UnderWay): boolean {
  return ((done[word] ?? 0) & bit) !== 0;
}

function withBit(done: readonly number[], { word, bit }: UnderWay): readonly number[] {
  return Array.from(
    { length: Math.max(done.length, word + 1) },
    (_, i) => (done[i] ?? 0) | (i === word ? bit : 0),
  );
}

/** The configuration when the operation is over; empty words at the end are left out. */
function without({ held, done }: Configuration, { word, bit }: UnderWay): Configuration {
  const rest = done.with(word, done[word] & ~bit);
  const last = rest.findLastIndex((bits) => bits !== 0);
  return { held, done: rest.slice(0, last + 1) };
}

/** Tells configurations apart. */
function nameOf({ held, done }: Configuration): string {
  return `${done.join()} ${held === null ? "" : `=${held}`}`;
}

interface Moment {
  readonly time: number;
  readonly operation: RegisterOperation;
  readonly begins: boolean;
  /** The operation's place in the list. */
  readonly at: number;
}

/** All beginnings and ends in the order of time, without what nobody can have noticed. */
function momentsOf(operations: readonly RegisterOperation[]): Moment[] {
  const canMatter = mattering(operations);
  return operations.flatMap((operation, at): Moment[] => {
    const { begin, end } = operation;
    if (end === Infinity && !canMatter(operation)) return [];
    const beginning = { time: begin, operation, begins: true, at };
    return end === Infinity
      ? [beginning]
      : [beginning, { time: end, operation, begins: false, at }];
  }).sort((a, b) => a.time - b.time);
}

/** Whether anyone could notice that an operation which may never have happened did happen. */
function mattering(
  operations: readonly RegisterOperation[],
): (operation: RegisterOperation) => boolean {
  const actions = operations.map(({ action }) => action);
  // Who appends or fails to swap notices every value.
  const all = actions.some((action) =>
    action.type === "append" || (action.type === "cas" && action.swapped === false)
  );
  const wanted = new Set(actions.flatMap((action) => {
    if (action.type === "read") return [action.value];
    return action.type === "cas" ? [action.from] : [];
  }));
  return ({ action }) => {
    if (action.type === "read" || (action.type === "cas" && action.swapped === false)) return false;
    if (all || action.type === "append") return true;
    return wanted.has(action.type === "cas" ? action.to : action.value);
  };
}
