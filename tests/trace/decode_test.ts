/** Lines of traces that are none. */

import { assertEquals, assertThrows } from "@std/assert";
import { HistoryError } from "../../lib/errors.ts";
import { Random } from "../../lib/chaos/random.ts";
import { decodeTraceHeader, decodeTraceLine } from "../../lib/trace/decode.ts";
import { simulated } from "./lines.ts";

Deno.test("a header says its version, how many replicas, when it began and who tells of clients", () => {
  const header = { history: 1, trace: 1, replicas: 3, began: 5, clients: "servers" } as const;
  assertEquals(decodeTraceHeader({ ...header, seed: 7 }).replicas, 3);
  for (
    const wrong of [
      null,
      [],
      {},
      { history: 1, replicas: 3 },
      { ...header, trace: 2 },
      { ...header, replicas: 0 },
      { ...header, replicas: 1e9 },
      { ...header, began: "now" },
      { ...header, clients: undefined },
    ]
  ) assertThrows(() => decodeTraceHeader(wrong), HistoryError);
});

Deno.test("a line that names a replica that is not there is refused", () => {
  const fields = { at: 1, replica: 0, time: 1 };
  for (
    const line of [
      { type: "start", ...fields, replica: 3, index: 0 },
      { type: "receive", ...fields, from: 3, of: "other", message: "" },
      { type: "broadcast", ...fields, to: [1, 3], messages: [[1, 1]] },
      { type: "acknowledge", ...fields, to: [], covers: [3, 1], stamp: 2 },
      { type: "deliver", ...fields, messages: [[1, 3, 1]] },
      { type: "view", ...fields, state: "live", ballot: [1, 0], members: [0, 3] },
      { type: "suspect", ...fields, peer: 3, reason: "" },
      { type: "restore", ...fields, index: 1, from: 3 },
      { type: "restore", ...fields, index: 1, from: 1, delivered: [1, 1, 1, 1] },
      { type: "fault", at: 1, fault: "kill", phase: "begin", replicas: [3] },
      { type: "fault", at: 1, fault: "cut", phase: "begin", replicas: [], ways: [[0, 3]] },
      { type: "start", ...fields, index: 0, pending: [[3, 1, 1]] },
      { type: "ok", process: 0, at: 1, origin: 3, n: 1 },
    ]
  ) {
    assertThrows(() => decodeTraceLine(line, 3), HistoryError, "it names replica 3");
    decodeTraceLine(line, 4);
  }
});

Deno.test("what other fields stand in a line is nobody's business", () => {
  const line = { type: "suspect", at: 1, replica: 0, time: 1, peer: 1, reason: "silent" };
  for (const pending of [[null], [[9, 1, 1]], "x"]) decodeTraceLine({ ...line, pending }, 3);
  decodeTraceLine({ ...line, delivered: [1, 1, 1, 1] }, 3);
});

Deno.test("lines with a field missing or changed are read, or refused in words", () => {
  const random = new Random(7);
  const { replicas, lines } = simulated(5);
  const strange: readonly unknown[] = [null, -1, 1.5, "x", [], {}, [1], true, 2 ** 60, [[1, 2, 3]]];
  let refused = 0;
  for (let i = 0; i < 20_000; i++) {
    const line: Record<string, unknown> = { ...random.pick(lines) };
    const name = random.pick(Object.keys(line));
    if (random.chance(0.3)) delete line[name];
    else line[name] = random.pick(strange);
    try {
      decodeTraceLine(line, replicas);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      refused++;
    }
  }
  assertEquals(refused > 10_000, true, `${refused} were refused`);
});
