/**
 * The ways of all messages of a trace, put together from its lines.
 *
 * @module
 */

import type { Covers, Placed, Stamped, SubmitLine, Submitted, Waiting } from "./line.ts";
import { replay } from "./replay.ts";
import type { MessageStory } from "./story.ts";
import { toldText } from "./told.ts";
import { messageName, operationWords } from "./words.ts";

/** Up to where a member has acknowledged an origin's messages, as a replica knows. */
interface Acknowledged {
  readonly time: number;
  readonly at: number;
}

/** Takes what lines tell of messages. */
export class Messages {
  /** All, in the order in which they were met. */
  readonly all: MessageStory[] = [];
  readonly #replicas: number;
  readonly #places = new Map<string, number>();
  readonly #submitted: (Submitted | null)[] = [];
  /** By origin and Lamport time. */
  readonly #stamped = new Map<string, number>();
  /** By replica, then by origin: what is in the queue. */
  readonly #queued: readonly (readonly Set<number>[])[];
  /** Up to where replicas had applied all, at the latest then. */
  readonly #reached: { readonly replica: number; readonly index: number; readonly at: number }[] =
    [];
  /** By replica, member and origin. */
  readonly #acknowledged: Acknowledged[][][];

  /** Knows none. */
  constructor(replicas: number) {
    this.#replicas = replicas;
    this.#queued = this.#byReplica(() => this.#byReplica(() => new Set<number>()));
    const none = { time: -1, at: 0 };
    this.#acknowledged = this.#byReplica(() => this.#byReplica(() => this.#byReplica(() => none)));
  }

  /** The place of a message among all. */
  place(origin: number, n: number): number {
    const name = messageName(origin, n);
    const place = this.#places.get(name);
    if (place !== undefined) return place;
    this.#places.set(name, this.all.length);
    this.#submitted.push(null);
    return this.all.push(this.#story(origin, n)) - 1;
  }

  /** The newest message of an origin that an acknowledgement covers; null if none is known. */
  covered([origin, time]: Covers): MessageStory | null {
    const place = this.#stamped.get(`${origin}@${time}`);
    return place === undefined ? null : this.all[place];
  }

  /** Own operations got their numbers. */
  submitted({ replica, messages }: SubmitLine, at: number): number[] {
    return messages.map((submitted) => {
      const place = this.place(replica, submitted.n);
      this.all[place] = {
        ...this.all[place],
        words: operationWords(submitted),
        key: toldText(submitted.key),
        id: submitted.id ?? null,
        submitted: at,
      };
      this.#submitted[place] = submitted;
      return place;
    });
  }

  /** Messages have come into the queue of a replica. */
  queued(replica: number, origin: number, messages: readonly Stamped[], at: number): number[] {
    return messages.map(([n, time]) => {
      const place = this.place(origin, n);
      const message = this.all[place];
      message.time = time;
      this.#stamped.set(`${origin}@${time}`, place);
      const stays = message.stays[replica];
      // It may come again, in another view: then all is acknowledged anew.
      const before = stays.at(-1);
      if (before !== undefined) before.to ??= at;
      const acknowledged = this.#byReplica((member) => {
        const known = this.#acknowledged[replica][member][origin];
        return known.time >= time ? known.at : null;
      });
      stays.push({ from: at, to: null, time, acknowledged });
      this.#queued[replica][origin].add(place);
      return place;
    });
  }

  /** The queue of a replica holds this from now on, and nobody has acknowledged it there. */
  replaced(replica: number, pending: readonly Waiting[], at: number): void {
    const none = { time: -1, at: 0 };
    this.#acknowledged[replica] = this.#byReplica(() => this.#byReplica(() => none));
    this.#queued[replica].forEach((_, origin) => this.#dropped(replica, origin, () => true, at));
    for (const [origin, n, time] of pending) this.queued(replica, origin, [[n, time]], at);
  }

  /** A replica goes on to tell only of messages whose number can be divided by this. */
  sampled(replica: number, every: number, at: number): void {
    this.#queued[replica].forEach((_, origin) =>
      this.#dropped(replica, origin, (n) => n % every !== 0, at)
    );
  }

  /** A snapshot takes the place of what a replica held: it has all up to there, by origin. */
  restored(replica: number, delivered: readonly number[], at: number): void {
    delivered.forEach((n, origin) => this.#dropped(replica, origin, (other) => other <= n, at));
  }

  /** A replica has learnt that a member has acknowledged. */
  acknowledged(replica: number, member: number, [origin, time]: Covers, at: number): void {
    if (time > this.#acknowledged[replica][member][origin].time) {
      this.#acknowledged[replica][member][origin] = { time, at };
    }
    for (const place of this.#queued[replica][origin]) {
      const stay = this.all[place].stays[replica].at(-1);
      if (stay !== undefined && stay.time <= time) stay.acknowledged[member] ??= at;
    }
  }

  /** Messages have their place in the order at a replica. */
  delivered(replica: number, messages: readonly Placed[], at: number): number[] {
    return messages.map(([index, origin, n]) => {
      const place = this.place(origin, n);
      this.all[place].index = index;
      this.all[place].delivered[replica] ??= at;
      const stay = this.all[place].stays[replica].at(-1);
      if (stay !== undefined) stay.to ??= at;
      this.#queued[replica][origin].delete(place);
      return place;
    });
  }

  /** Messages have taken effect at a replica. */
  applied(replica: number, messages: readonly Placed[], at: number): number[] {
    return messages.map(([index, origin, n]) => {
      const place = this.place(origin, n);
      this.all[place].index = index;
      this.all[place].applied[replica] ??= at;
      return place;
    });
  }

  /** A replica starts there, or a snapshot of that place has come. */
  reached(replica: number, index: number, at: number): void {
    this.#reached.push({ replica, index, at });
  }

  /** Finds out what the messages so far changed, and what was applied untold. */
  finish(): void {
    const ordered = this.all.flatMap((message, place) => {
      const { index } = message;
      return index === null ? [] : [{ message, index, submitted: this.#submitted[place] }];
    }).sort((a, b) => a.index - b.index);
    const changes = replay(ordered);
    ordered.forEach(({ message }, i) => message.changes = changes[i]);
    for (const { replica, index, at } of this.#reached) {
      for (const { message, index: own } of ordered) {
        if (own > index) break;
        message.applied[replica] ??= at;
      }
    }
  }

  /** What an origin had in the queue of a replica with such numbers is there no more. */
  #dropped(replica: number, origin: number, isGone: (n: number) => boolean, at: number): void {
    const queued = this.#queued[replica][origin];
    for (const place of queued) {
      const { n, stays } = this.all[place];
      if (!isGone(n)) continue;
      const stay = stays[replica].at(-1);
      if (stay !== undefined) stay.to ??= at;
      queued.delete(place);
    }
  }

  #story(origin: number, n: number): MessageStory {
    return {
      origin,
      n,
      words: null,
      key: null,
      id: null,
      time: null,
      index: null,
      submitted: null,
      stays: this.#byReplica(() => []),
      delivered: this.#byReplica(() => null),
      applied: this.#byReplica(() => null),
      changes: [],
    };
  }

  #byReplica<T>(of: (id: number) => T): T[] {
    return Array.from({ length: this.#replicas }, (_, id) => of(id));
  }
}
