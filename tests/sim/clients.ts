/**
 * What the simulator's clients ask besides setting a key.
 *
 * @module
 */

import type { Random } from "../../lib/chaos/random.ts";
import type { Operation } from "../../lib/order/message.ts";
import type { MemoryStore } from "../../lib/store/memory.ts";

/** All keys that clients know. */
export const KEYS: readonly string[] = ["k0", "k1", "k2", "k3", "k4"];

/** A value that grows is refused from here on. */
const VALUE_BYTES_MAX = 40;

/** Who asks, and where. */
export interface Asker {
  /** A value that no other client writes. */
  readonly name: string;
  /** Whether the answer may not depend on the place in the order. */
  readonly isEventual: boolean;
  /** The store of the replica asked: clients expect what they have seen. */
  readonly store: MemoryStore;
}

/** An operation that is more than a set; it bears no id. */
export function anyOperation(
  random: Random,
  { name, isEventual, store }: Asker,
): Exclude<Operation, { type: "fence" }> {
  const key = random.pick(KEYS);
  const write = { key, value: name, bytes: name.length };
  if (isEventual) return random.pick([{ type: "delete", key } as const, several(random, name)]);
  const seen = store.get(key) ?? null;
  switch (random.int(0, 9)) {
    case 0:
    case 1:
      return { type: "add", key, by: random.pick(["1", "-3", "9223372036854775807"]) };
    case 2:
      return { type: "append", ...write, bytesMax: VALUE_BYTES_MAX };
    case 3: {
      const expected = random.pick([seen, seen, null, "never written"]);
      const value = random.pick([name, name, "7", null]);
      const bytes = (expected?.length ?? 0) + (value?.length ?? 0);
      return { type: "cas", key, expected, value, bytes };
    }
    case 4:
    case 5: {
      const when = random.pick(["absent", "present", "always"] as const);
      return { type: "put", ...write, when, previous: random.chance(0.5) };
    }
    case 6:
      return { type: "take", key };
    case 7: {
      const when = random.pick(["always", "absent"] as const);
      return { type: "rename", key, to: random.pick(KEYS), when };
    }
    case 8:
      return random.chance(0.2) ? { type: "clear", key: "" } : { type: "delete", key };
    default:
      return several(random, name);
  }
}

function several(random: Random, name: string): Extract<Operation, { type: "several" }> {
  const pairs = Array.from({ length: random.int(1, 3) }, (_, i) => {
    const value = random.pick([null, `${name}.${i}`]);
    return [random.pick(KEYS), value] as const;
  });
  const bytes = pairs.reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0), 0);
  return { type: "several", key: "", pairs, bytes };
}
