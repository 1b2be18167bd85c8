/** Which reads a story calls stale, and which values it shows: never by guess. */

import { assert, assertEquals } from "@std/assert";
import { Random } from "../../lib/chaos/random.ts";
import type { TraceLine } from "../../lib/trace/line.ts";
import { storyOf } from "../../lib/trace/tell.ts";

interface Written {
  readonly index: number;
  readonly value: string;
  readonly answered: number;
  /** By replica. */
  readonly applied: readonly number[];
}

interface Read {
  readonly replica: number;
  readonly began: number;
  readonly ended: number;
  readonly seen: number;
}

const REPLICAS = 3;

/** A run of one key, of which it is known what every read saw; few values, so that they come again. */
function run(random: Random): { readonly writes: Written[]; readonly reads: Read[] } {
  const writes: Written[] = [];
  const last = [0, 0, 0];
  let at = 100;
  for (let index = 1; index <= 24; index++) {
    at += random.int(1, 40);
    const applied = last.map((before) => Math.max(before, at + random.int(0, 120)));
    applied.forEach((moment, replica) => last[replica] = moment + 1);
    writes.push({ index, value: random.pick(["a", "b", "c"]), answered: applied[0] + 1, applied });
  }
  const reads = Array.from({ length: 60 }, (): Read => {
    const replica = random.int(0, REPLICAS - 1);
    const ended = random.int(60, at + 200);
    const began = ended - random.int(1, 50);
    const seen = writes.findLast(({ applied }) => applied[replica] <= ended)?.index ?? 0;
    return { replica, began, ended, seen };
  });
  return { writes, reads };
}

function lines({ writes, reads }: ReturnType<typeof run>, isTold: (n: number) => boolean) {
  const told = writes.filter(({ index }) => isTold(index)).flatMap((write): TraceLine[] => {
    const { index, value, answered, applied } = write;
    const facts = { replica: 0, time: index } as const;
    const process = 1_000 + index;
    const placed = [[index, 0, index]] as const;
    return [
      { type: "submit", at: 1, ...facts, messages: [{ n: index, op: "set", key: "k", value }] },
      ...applied.flatMap((at, replica): TraceLine[] => [
        { type: "deliver", at, replica, time: index, messages: placed },
        { type: "apply", at, replica, time: index, messages: placed },
      ]),
      {
        type: "invoke",
        process,
        at: 1,
        op: "set",
        key: "k",
        value,
        level: "sequential",
        replica: 0,
      },
      { type: "ok", process, at: answered, origin: 0, n: index },
    ];
  });
  const asked = reads.flatMap(({ replica, began, ended, seen }, process): TraceLine[] => [
    { type: "invoke", process, at: began, op: "get", key: "k", level: "eventual", replica },
    { type: "ok", process, at: ended, value: seen === 0 ? null : writes[seen - 1].value },
  ]);
  return [...told, ...asked].sort((a, b) => ("at" in a ? a.at : 0) - ("at" in b ? b.at : 0));
}

/** How many reads are marked; none of them may have seen all that was answered before it began. */
function marked(seed: number, isTold: (n: number) => boolean, isUnique: boolean): number {
  const drawn = run(new Random(seed));
  const writes = isUnique
    ? drawn.writes.map((write) => ({ ...write, value: `${write.index}` }))
    : drawn.writes;
  const { reads } = drawn;
  const story = storyOf(lines({ writes, reads }, isTold), { replicas: REPLICAS, began: 0 });
  let count = 0;
  for (const { isRead, staleBy, replica, began, ended } of story.operations) {
    if (!isRead) continue;
    const read = reads.find((one) =>
      one.replica === replica && one.began === Math.round(began * 1000) &&
      one.ended === Math.round((ended ?? 0) * 1000)
    );
    const missed = writes.some(({ index, answered }) =>
      answered < (read?.began ?? 0) && index > (read?.seen ?? 0)
    );
    if (staleBy !== null) {
      count++;
      assert(missed, `seed ${seed}: the read at ${replica} of ${began} ms is not stale`);
    } else if (isUnique && isTold === all) {
      assert(!missed, `seed ${seed}: the read at ${replica} of ${began} ms is stale`);
    }
  }
  return count;
}

const all = () => true;

Deno.test("a read is marked if, and only if, it misses what was answered before it began", () => {
  let count = 0;
  for (let seed = 1; seed <= 200; seed++) count += marked(seed, all, true);
  assert(count > 100, `${count} are stale`);
});

Deno.test("values that come again, and messages that are not told, never make a read stale", () => {
  let count = 0;
  for (let seed = 1; seed <= 200; seed++) {
    count += marked(seed, all, false);
    marked(seed, (n) => n % 2 === 0, false);
    // As a window has it: not the first ones.
    count += marked(seed, (n) => n > 6, false);
    marked(seed, (n) => n % 7 !== 0, false);
  }
  assert(count > 100, `${count} are stale`);
});

Deno.test("what depends on what is not told changes nothing that is shown", () => {
  const ops: readonly [index: number, op: string, value: unknown][] = [
    [101, "add", ["add", "1"]],
    [102, "put", ["put", "v", "absent", false]],
    [103, "set", "7"],
    [104, "add", ["add", "1"]],
    // 105 is not told.
    [106, "add", ["add", "1"]],
    [107, "delete", null],
    [108, "add", ["add", "1"]],
  ];
  const facts = { replica: 0, time: 1 } as const;
  const told = ops.flatMap(([index, op, value]): TraceLine[] => [
    { type: "submit", at: index, ...facts, messages: [{ n: index, op, key: "k", value }] },
    { type: "apply", at: index, ...facts, messages: [[index, 0, index]] },
  ]);
  const { messages } = storyOf(told, { replicas: 1, began: 0 });
  assertEquals(messages.map(({ changes }) => changes.map(([, value]) => value)), [
    ...[[], [], ["7"], ["8"], [], [null], ["1"]],
  ]);
});

Deno.test("what a snapshot holds, or a process starts with, is applied there", () => {
  const placed = (index: number, replica: number): TraceLine => ({
    ...{ type: "apply", at: index * 1_000, replica, time: 1, messages: [[index, 0, index]] },
  });
  const restored: TraceLine = {
    ...{ type: "restore", at: 9_000, replica: 1, time: 1, index: 2, from: 0, delivered: [2, 0] },
  };
  const started: TraceLine = { type: "start", at: 9_500, replica: 1, time: 1, index: 3 };
  const { messages } = storyOf(
    [placed(1, 0), placed(2, 0), placed(3, 0), placed(4, 0), restored, started],
    { replicas: 2, began: 0 },
  );
  assertEquals(messages.map(({ applied }) => applied[1]), [9, 9, 9.5, null]);
});
