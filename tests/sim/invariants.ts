/**
 * The invariants I1 to I7 of the protocol, checked after every step of a run.
 *
 * - I1 the delivered logs of any two replicas: one is a prefix of the other
 * - I2 every message is delivered at most once per replica, and each origin's in the order of n;
 *   no n stands for two contents
 * - I3 nothing answered `STORED` in `sequential` is missing from any replica that has delivered
 *   past it, ever; answered writes stand in the order of real time
 * - I4 nothing answered `STORED` in `eventual` is lost while its origin's disk exists
 * - I5 a ballot has one coordinator and one install; nobody acknowledges or installs below what
 *   it promised; nothing is delivered before `start`
 * - I6 a `linearizable` read sees every write that was answered before it began, and all that an
 *   earlier `linearizable` read saw; a replica that has applied what a token names holds it
 * - I7 once faults stop, every submitted message is delivered everywhere within a bounded time
 *
 * A request's id counts once: what bears it again changes nothing and gives what the first gave, and
 * what a fence has ruled out is never carried out. What an operation gives, and what the keys are at
 * any index, is what a model says that carries out what clients asked in the order delivered.
 *
 * @module
 */

import type { Entry, Install, Message, Operation, PeerMessage } from "../../lib/order/message.ts";
import { type Result, STORED } from "../../lib/order/operation.ts";
import { compareBallots, showBallot } from "../../lib/order/timestamp.ts";
import type { Disk } from "./disk.ts";
import { Model } from "./model.ts";

/** What a run found wrong. */
export class Violation extends Error {
  override name = "Violation";
}

/** Throws unless the condition holds. */
export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}

/** A client's write. */
export interface Asked {
  /** A name that no other has. */
  readonly name: string;
  /** What is to be carried out. */
  readonly operation: Operation;
  /** The replica that it was given to. */
  readonly node: number;
  readonly level: "eventual" | "sequential";
  /** Every write answered before it began has a lower index than it. */
  readonly floor: number;
  /** The folder that took it. */
  readonly identity: string;
  /** Where it was carried out; null if that has not been seen yet. */
  index: number | null;
  answered: boolean;
  /** A client was told that it is never carried out. */
  ruledOut: boolean;
}

/** Knows of a run what no replica knows. */
export class Invariants {
  /** The total order: what any replica has ever delivered at an index. */
  readonly log: Message[] = [];
  /** All that clients have asked. */
  readonly asked: Asked[] = [];
  /** By `origin#n`: what a client asked there. */
  readonly #submitted = new Map<string, Asked>();
  readonly #model = new Model();
  /** By index: what is given there. */
  readonly #results: Result[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #contents = new Map<string, string>();
  readonly #lastN = new Map<number, number>();
  readonly #installs = new Map<string, string>();
  /** Which replicas have a ballot's installation synced. */
  readonly #installed = new Map<string, Set<number>>();
  /** By request id: where it was carried out, or ruled out. */
  readonly #outcomes = new Map<
    string,
    { readonly index: number; readonly applied: boolean; readonly result: Result }
  >();
  /** The highest index of a write answered in `sequential`. */
  #answered = 0;
  /** The highest index that a linearizable read has seen. */
  #seen = 0;

  /** The highest index of a write answered in `sequential`: what a new write comes after. */
  get answered(): number {
    return this.#answered;
  }

  /** What a linearizable read that begins now must see. */
  get readFloor(): number {
    return Math.max(this.#answered, this.#seen);
  }

  /** The index of a message, if it is delivered anywhere. */
  indexOf(origin: number, n: number): number | undefined {
    return this.#indexes.get(`${origin}#${n}`);
  }

  /** A linearizable read is answered by a replica that has applied up to here. */
  read(floor: number, applied: number): void {
    check(
      applied >= floor,
      `I6: a read at ${applied} misses what was answered or read at ${floor}`,
    );
    this.#seen = Math.max(this.#seen, applied);
  }

  /** A client is told what came of an operation with an id. */
  told(asked: Asked, applied: boolean, index: number): void {
    const outcome = this.#outcomes.get(asked.operation.id ?? "");
    check(
      outcome?.applied === applied && outcome.index === index,
      `${asked.name} is told to be ${applied} at ${index}, and is ${JSON.stringify(outcome)}`,
    );
    if (applied) return;
    check(!asked.answered, `I3: ${asked.name} was answered, and is told to be never`);
    asked.ruledOut = true;
  }

  /** A replica has given this number to what a client asked, or, with null, to a fence. */
  submitted(origin: number, n: number, asked: Asked | null): void {
    // What had the number before has not left its replica.
    if (asked === null) this.#submitted.delete(`${origin}#${n}`);
    else this.#submitted.set(`${origin}#${n}`, asked);
  }

  /** A message leaves its origin, or is delivered: its number stands for this content for ever. */
  content({ origin, n, operation }: Message): void {
    const place = `${origin}#${n}`;
    const content = textOf(operation);
    const known = this.#contents.get(place);
    check(known === undefined || known === content, `I2: ${place} is ${known} and ${content}`);
    if (known === undefined) this.#contents.set(place, content);
  }

  /** A replica delivers. */
  deliver(node: number, { index, message }: Entry): void {
    this.content(message);
    const { origin, n, operation } = message;
    const known = this.log[index - 1];
    if (known !== undefined) {
      check(
        known.origin === origin && known.n === n && known.time === message.time,
        `I1: at ${index} ${node} delivers ${origin}#${n}, and ${known.origin}#${known.n} stands there`,
      );
      return;
    }
    check(index === this.log.length + 1, `I1: ${node} delivers ${index} after ${this.log.length}`);
    check(
      n > (this.#lastN.get(origin) ?? 0),
      `I2: ${node} delivers ${origin}#${n} after #${this.#lastN.get(origin)}`,
    );
    this.#lastN.set(origin, n);
    this.log.push(message);
    this.#indexes.set(`${origin}#${n}`, index);
    this.#results.push(this.#carryOut(operation, index, this.#submitted.get(`${origin}#${n}`)));
  }

  /** What stands at this index is carried out if its id is new; gives what it gives. */
  #carryOut(operation: Operation, index: number, asked: Asked | undefined): Result {
    const { id } = operation;
    const before = id === undefined ? undefined : this.#outcomes.get(id);
    const isEventual = operation.type !== "fence" && operation.eventual === true;
    if (before !== undefined && (before.applied || !isEventual)) return before.result;
    const result = this.#model.carryOut(asked?.operation ?? operation, index);
    const applied = operation.type !== "fence";
    if (id !== undefined) this.#outcomes.set(id, { applied, index, result });
    if (asked !== undefined) {
      check(!asked.ruledOut, `${asked.name} was ruled out, and is carried out at ${index}`);
      check(
        index > asked.floor,
        `I3: ${asked.name} at ${index} comes before what was answered at ${asked.floor}`,
      );
      asked.index ??= index;
    }
    return result;
  }

  /** A replica has carried out what stands at this index, and says what it gave. */
  gave(node: number, index: number, result: Result | undefined): void {
    const expected = this.#results[index - 1];
    check(
      isSame(result, expected),
      `${node} gives ${JSON.stringify(result)} at ${index}, not ${JSON.stringify(expected)}`,
    );
  }

  /**
   * A client is answered: with what the operation gave at this index, or, in `eventual`, before it
   * is ordered.
   */
  answer(asked: Asked, index: number | null, result: Result = STORED): void {
    check(!asked.ruledOut, `${asked.name} was ruled out, and is answered`);
    asked.answered = true;
    if (index === null) return;
    this.#answered = Math.max(this.#answered, index);
    const expected = this.#results[index - 1];
    check(
      isSame(result, expected),
      `${asked.name} at ${index} is answered ${JSON.stringify(result)}, not ${
        JSON.stringify(expected)
      }`,
    );
  }

  /** What a replica that has applied up to this index holds for the key. */
  value(key: string, applied: number): string | undefined {
    return this.#model.value(key, applied);
  }

  /** A replica that has applied up to this index holds these keys. */
  holds(node: number, applied: number, held: readonly (readonly [string, string])[]): void {
    const expected = this.#model.keys(applied);
    const wrong = held.find(([key, value]) => expected.get(key) !== value);
    check(
      wrong === undefined && held.length === expected.size,
      `${node} holds ${JSON.stringify(held)} at ${applied}, not ${JSON.stringify([...expected])}`,
    );
  }

  /** A replica sends. */
  send(node: number, message: PeerMessage, disk: Disk): void {
    switch (message.type) {
      case "broadcast":
        for (const sent of message.messages) {
          this.content(sent);
          check(sent.origin === node, "I5: only an origin broadcasts");
        }
        return check(
          compareBallots(message.ballot, disk.promised) >= 0,
          `I5: ${node} broadcasts in ${showBallot(message.ballot)} below its promise`,
        );
      case "acknowledgement":
        check(
          disk.holds(message.covers),
          `I5: ${node} acknowledges [${message.covers.origin},${message.covers.time}], not on its disk`,
        );
        return check(
          compareBallots(message.ballot, disk.promised) >= 0,
          `I5: ${node} acknowledges in ${showBallot(message.ballot)} below its promise`,
        );
      case "promise":
        for (const pending of message.pending) {
          this.content(pending);
          check(disk.holds(pending), `I5: ${node} reports a message that is not on its disk`);
        }
        check(
          disk.index >= message.position.index,
          `I5: ${node} reports a log that is not on disk`,
        );
        return check(
          compareBallots(disk.promised, message.ballot) >= 0,
          `I5: ${node} promises ${showBallot(message.ballot)} before it is on disk`,
        );
      case "install":
        return this.#install(node, message);
      case "installed":
        return check(
          disk.installed !== null && compareBallots(disk.installed.ballot, message.ballot) === 0,
          `I5: ${node} says installed ${showBallot(message.ballot)} before it is on disk`,
        );
      default:
        return;
    }
  }

  /** A replica's disk has synced. */
  synced(node: number, { installed }: Disk): void {
    if (installed === null) return;
    const ballot = showBallot(installed.ballot);
    const by = this.#installed.get(ballot) ?? new Set();
    by.add(node);
    this.#installed.set(ballot, by);
  }

  /** A replica works in a view: all of its members must have installed it. */
  live(node: number, disk: Disk, ballot: string, members: readonly number[]): void {
    check(disk.installed !== null, `I5: ${node} is live without a view`);
    const missing = members.filter((id) => !this.#installed.get(ballot)?.has(id));
    check(missing.length === 0, `I5: ${node} is live in ${ballot} before ${missing} installed it`);
  }

  /** The run has healed: nothing that was answered may be missing. */
  finish(lost: (asked: Asked) => boolean): void {
    for (const asked of this.asked) {
      if (!asked.answered || lost(asked)) continue;
      const invariant = asked.level === "eventual" ? "I4" : "I3";
      check(asked.index !== null, `${invariant}: ${asked.name} was answered and is lost`);
    }
  }

  #install(node: number, install: Install): void {
    const ballot = showBallot(install.view.ballot);
    check(install.view.ballot.id === node, `I5: ${node} installs ${ballot} of another`);
    const text = JSON.stringify(install);
    const known = this.#installs.get(ballot);
    check(known === undefined || known === text, `I5: two installs of ${ballot}`);
    this.#installs.set(ballot, text);
  }
}

const texts = new WeakMap<Operation, string>();

/** The same text for what says the same, in whatever order. */
function textOf(operation: Operation): string {
  const known = texts.get(operation);
  if (known !== undefined) return known;
  const text = JSON.stringify(Object.entries(operation).sort(([a], [b]) => a < b ? -1 : 1));
  texts.set(operation, text);
  return text;
}

function isSame(a: Result | undefined, b: Result | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
