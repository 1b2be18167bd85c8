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
 * A request's id counts once: what bears it again changes nothing, and what a fence has ruled out
 * is never carried out.
 *
 * @module
 */

import type { Entry, Install, Message, PeerMessage } from "../../lib/order/message.ts";
import { compareBallots, showBallot } from "../../lib/order/timestamp.ts";
import type { Disk } from "./disk.ts";

/** What a run found wrong. */
export class Violation extends Error {
  override name = "Violation";
}

/** Throws unless the condition holds. */
export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}

/** A client's write. */
export interface Operation {
  /** Its value, which no other has. */
  readonly value: string;
  readonly key: string;
  /** The replica that it was given to. */
  readonly node: number;
  readonly level: "eventual" | "sequential";
  /** Every write answered before it began has a lower index than it. */
  readonly floor: number;
  /** The folder that took it. */
  readonly identity: string;
  /** The request's own name, if it has one. */
  readonly id?: string;
  answered: boolean;
  /** A client was told that it is never carried out. */
  ruledOut: boolean;
}

/** Knows of a run what no replica knows. */
export class Invariants {
  /** The total order: what any replica has ever delivered at an index. */
  readonly log: Message[] = [];
  readonly operations = new Map<string, Operation>();
  readonly #indexes = new Map<string, number>();
  readonly #contents = new Map<string, string>();
  readonly #lastN = new Map<number, number>();
  /** For each key its values with their indexes, in the order of these. */
  readonly #values = new Map<string, { index: number; value: string }[]>();
  readonly #installs = new Map<string, string>();
  /** Which replicas have a ballot's installation synced. */
  readonly #installed = new Map<string, Set<number>>();
  /** By request id: where it was carried out, or ruled out. */
  readonly #outcomes = new Map<string, { readonly index: number; readonly applied: boolean }>();
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
  told(operation: Operation, applied: boolean, index: number): void {
    const outcome = this.#outcomes.get(operation.id ?? "");
    check(
      outcome?.applied === applied && outcome.index === index,
      `${operation.value} is told to be ${applied} at ${index}, and is ${JSON.stringify(outcome)}`,
    );
    if (applied) return;
    check(!operation.answered, `I3: ${operation.value} was answered, and is told to be never`);
    operation.ruledOut = true;
  }

  /** A message leaves its origin, or is delivered: its number stands for this content for ever. */
  content({ origin, n, operation }: Message): void {
    const place = `${origin}#${n}`;
    const content = operation.type === "set"
      ? operation.value
      : `${operation.type} ${operation.id}`;
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
    if (!this.#isCarriedOut(operation, index) || operation.type !== "set") return;
    const values = this.#values.get(operation.key) ?? [];
    values.push({ index, value: operation.value });
    this.#values.set(operation.key, values);
    const { floor = 0, ruledOut = false } = this.operations.get(operation.value) ?? {};
    check(!ruledOut, `${operation.value} was ruled out, and is carried out at ${index}`);
    check(
      index > floor,
      `I3: ${operation.value} at ${index} comes before what was answered at ${floor}`,
    );
  }

  #isCarriedOut(operation: Message["operation"], index: number): boolean {
    if (operation.id === undefined) return true;
    const before = this.#outcomes.get(operation.id);
    const isEventual = operation.type !== "fence" && operation.eventual === true;
    if (before !== undefined && (before.applied || !isEventual)) return false;
    this.#outcomes.set(operation.id, { applied: operation.type !== "fence", index });
    return true;
  }

  /** A client is told `STORED`. */
  answer(operation: Operation, index: number): void {
    check(!operation.ruledOut, `${operation.value} was ruled out, and is answered`);
    operation.answered = true;
    if (operation.level === "sequential") this.#answered = Math.max(this.#answered, index);
  }

  /** What a replica that has applied up to this index holds for the key. */
  value(key: string, applied: number): string | undefined {
    const values = this.#values.get(key) ?? [];
    let found: string | undefined;
    for (let low = 0, high = values.length; low < high;) {
      const middle = (low + high) >> 1;
      if (values[middle].index > applied) high = middle;
      else {
        found = values[middle].value;
        low = middle + 1;
      }
    }
    return found;
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
  finish(lost: (operation: Operation) => boolean): void {
    for (const operation of this.operations.values()) {
      if (!operation.answered || lost(operation)) continue;
      const values = this.#values.get(operation.key) ?? [];
      check(
        values.some(({ value }) => value === operation.value),
        `${
          operation.level === "eventual" ? "I4" : "I3"
        }: ${operation.value} was answered and is lost`,
      );
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
