import { assertEquals, assertThrows } from "@std/assert";
import { OrderCollector } from "../../lib/chaos/order_collector.ts";
import type { HistoryLine } from "../../lib/check/history.ts";
import { InvariantError } from "../../lib/invariant.ts";
import { CHAOS_LOG_ROWS_READ } from "../../lib/limits.ts";
import type { Entry, Operation } from "../../lib/order/message.ts";

function row(index: number, value = `v${index}`): Entry {
  const operation = { type: "set", key: "k", value, bytes: 2, id: `id ${index}` } as const;
  return { index, message: { origin: index % 3, n: index, time: index * 2, operation } };
}

function altered(index: number, change: Partial<Entry["message"]>): Entry {
  return { index, message: { ...row(index).message, ...change } };
}

function doing(index: number, operation: Operation): Entry {
  return altered(index, { operation });
}

function rows(from: number, to: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => row(from + i));
}

function collecting(logs: Entry[][]) {
  const lines: HistoryLine[] = [];
  const collector = new OrderCollector(
    logs.length,
    (id, after, limit) => logs[id].filter(({ index }) => index > after).slice(0, limit),
    (line) => lines.push(line),
  );
  const indexes = () => lines.flatMap((line) => "index" in line ? [line.index] : []);
  return { lines, collector, indexes };
}

Deno.test("what several logs hold is collected once, and each entry as the history has it", () => {
  const { lines, collector, indexes } = collecting([rows(1, 4), rows(1, 6), rows(3, 5)]);
  for (const id of [0, 1, 2, 0]) collector.collect(id);
  assertEquals(indexes(), [1, 2, 3, 4, 5, 6]);
  assertEquals(lines[1], {
    ...{ type: "order", index: 2, op: "set", key: "k", value: "v2", id: "id 2", origin: 2 },
  });
  assertEquals([collector.last, collector.missing, collector.disagreement], [6, 0, null]);
});

Deno.test("a log longer than one read is read to its end, and later only what is new", () => {
  const logs = [rows(1, CHAOS_LOG_ROWS_READ * 2 + 5)];
  const { collector, indexes } = collecting(logs);
  collector.collect(0);
  assertEquals(collector.last, CHAOS_LOG_ROWS_READ * 2 + 5);
  logs[0] = [...logs[0], row(collector.last + 1)];
  collector.collect(0);
  assertEquals(indexes().length, CHAOS_LOG_ROWS_READ * 2 + 6);
});

Deno.test("fences and deletes are entries too", () => {
  const fence = doing(1, { type: "fence", key: "", id: "x" });
  const deleted = doing(2, { type: "delete", key: "k", id: "y", eventual: true });
  const { lines, collector } = collecting([[fence, deleted]]);
  collector.collect(0);
  assertEquals(lines as unknown[], [
    { type: "order", index: 1, op: "fence", id: "x", origin: 1 },
    { type: "order", index: 2, op: "delete", key: "k", id: "y", eventual: true, origin: 2 },
  ]);
});

Deno.test("several keys at once are a set or a delete if they are one; chaos asks for nothing else", () => {
  const several = (index: number, value: string | null) =>
    doing(index, { type: "several", key: "", pairs: [["k", value]], bytes: 2, id: "x" });
  const { lines, collector } = collecting([[several(1, "v"), several(2, null)]]);
  collector.collect(0);
  const of = { type: "order", key: "k", id: "x" };
  assertEquals(lines as unknown[], [
    { ...of, index: 1, op: "set", value: "v", origin: 1 },
    { ...of, index: 2, op: "delete", origin: 2 },
  ]);
  const others: Operation[] = [
    { type: "several", key: "", pairs: [], bytes: 0 },
    { type: "several", key: "", pairs: [["a", "1"], ["b", null]], bytes: 3 },
    { type: "add", key: "k", by: "1" },
  ];
  for (const operation of others) {
    const { collector } = collecting([[doing(1, operation)]]);
    assertThrows(() => collector.collect(0), InvariantError, "chaos");
  }
});

Deno.test("what no log holds any more is missing until another log has it", () => {
  const { collector } = collecting([rows(1, 3), rows(6, 9), rows(4, 5)]);
  collector.collect(0);
  collector.collect(1);
  assertEquals([collector.last, collector.missing], [9, 2]);
  collector.collect(2);
  assertEquals([collector.last, collector.missing], [9, 0]);
});

Deno.test("two logs that differ at one place are a disagreement, whatever differs", () => {
  const other = (index: number): Entry[] => [
    row(index, "other"),
    altered(index, { origin: 0 }),
    altered(index, { n: 99 }),
    altered(index, { time: 99 }),
    doing(index, { type: "delete", key: "k", id: `id ${index}` }),
  ];
  for (const different of other(2)) {
    const { collector } = collecting([rows(1, 3), [row(1), different, row(3)]]);
    collector.collect(0);
    collector.collect(1);
    assertEquals(collector.disagreement?.index, 2);
    assertEquals(collector.disagreement?.replica, 1);
  }
});

Deno.test("a replica that lost its log is compared again from the start", () => {
  const logs = [rows(1, 3), rows(1, 3)];
  const { collector } = collecting(logs);
  collector.collect(0);
  collector.collect(1);
  logs[1] = [row(1), row(2, "rebuilt wrong")];
  collector.collect(1);
  assertEquals(collector.disagreement, null);
  collector.forget(1);
  collector.collect(1);
  assertEquals(collector.disagreement?.index, 2);
});
