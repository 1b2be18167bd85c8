/**
 * The priority queue of pending messages, against the array kept sorted that one would write first.
 *
 * @module
 */

import { compareMessages, type Message } from "../lib/order/message.ts";
import { Pending } from "../lib/order/pending.ts";

const ORIGINS = 3;

for (const size of [100, 10_000]) {
  const messages = shuffled(size);

  Deno.bench(`heap: ${size} in, ${size} out`, { group: `${size} pending`, baseline: true }, () => {
    const pending = new Pending();
    for (const message of messages) pending.add(message);
    while (pending.shift() !== undefined);
  });

  Deno.bench(`sorted array: ${size} in, ${size} out`, { group: `${size} pending` }, () => {
    const sorted: Message[] = [];
    for (const message of messages) sorted.splice(placeOf(message, sorted), 0, message);
    while (sorted.shift() !== undefined);
  });
}

/** Messages of three origins: each origin's in order, the origins apart, as links deliver them. */
function shuffled(count: number): Message[] {
  const lag = [0, 17, 5];
  return Array.from({ length: count }, (_, i) => {
    const origin = i % ORIGINS;
    const n = Math.floor(i / ORIGINS) + 1;
    return {
      origin,
      n,
      time: n * ORIGINS + lag[origin],
      operation: { type: "set", key: "x", value: `${n}`, bytes: `${n}`.length },
    };
  });
}

/** Where the message belongs, found by halving. */
function placeOf(message: Message, sorted: readonly Message[]): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareMessages(sorted[middle], message) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
