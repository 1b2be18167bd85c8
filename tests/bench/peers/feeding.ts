/**
 * Feeds a dialogue as a connection does: what has come piece by piece is kept until it is whole.
 *
 * @module
 */

import type { Dialogue } from "../../../bench/peers/generator/dialogue.ts";

/** Gives the dialogue the bytes in pieces that end at these places. */
export function feed(dialogue: Dialogue, bytes: Uint8Array, cuts: readonly number[] = []): void {
  const buffer = new Uint8Array(bytes.length);
  let from = 0;
  let taken = 0;
  for (const cut of [...cuts, bytes.length]) {
    buffer.set(bytes.subarray(taken, cut), taken);
    taken = cut;
    for (let used = -1; used !== 0 && from < taken; from += used) {
      used = dialogue.take(buffer, from, taken);
    }
  }
  if (from !== bytes.length) throw new Error(`${bytes.length - from} bytes were not taken`);
}

/** Every way to feed: whole, byte by byte, split at every place. */
export function waysToCut(length: number): number[][] {
  const places = Array.from({ length: length - 1 }, (_, i) => i + 1);
  return [[], places, ...places.map((place) => [place])];
}

/** The text as bytes. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The bytes as text. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
