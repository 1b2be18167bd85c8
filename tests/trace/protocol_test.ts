/** The lines that steps of the protocol become. */

import { assert, assertEquals } from "@std/assert";
import { decodeTraceLine } from "../../lib/trace/decode.ts";
import type { ReplicaLine } from "../../lib/trace/line.ts";
import { ProtocolTrace } from "../../lib/trace/protocol.ts";
import { TRACE_MESSAGES_PER_WINDOW_MAX } from "../../lib/limits.ts";
import { Sampling } from "../../lib/trace/sampling.ts";
import type { Message } from "../../lib/order/message.ts";
import { noEffects } from "../../lib/order/step.ts";
import { simulated } from "./lines.ts";

Deno.test("every line of a run can be read again, and says the same", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { replicas, lines } = simulated(seed);
    assert(lines.length > 0);
    for (const line of lines) {
      const text = JSON.stringify(line);
      assertEquals(JSON.stringify(decodeTraceLine(JSON.parse(text), replicas)), text);
    }
  }
});

function broadcast(origin: number, numbers: readonly number[]) {
  const messages = numbers.map((n): Message => ({
    ...{ origin, n, time: 10 * n },
    operation: { type: "delete", key: "k" },
  }));
  const ballot = { round: 1, id: 0 };
  return { type: "broadcast", ballot, messages, prev: numbers[0] - 1 } as const;
}

Deno.test("beyond its measure a trace tells of the same messages at every replica, and says so", () => {
  const told: ReplicaLine[][] = [[], []];
  const traces = told.map((lines, id) => new ProtocolTrace(id, 2, (line) => lines.push(line)));
  const count = 7.5 * TRACE_MESSAGES_PER_WINDOW_MAX;
  for (let n = 1; n <= count; n++) {
    // In one window, and at the second a little later.
    const sent = broadcast(0, [n]);
    const out = noEffects();
    out.writes.push({ type: "received", broadcast: sent });
    out.send.push({ to: 1, message: sent });
    traces[0].stepped({ type: "persisted", number: n }, out, { at: n, time: n });
    const event = { type: "receive", from: 0, message: sent } as const;
    traces[1].stepped(event, noEffects(), { at: n + 7, time: n });
  }
  const numbers = told.map((lines) =>
    lines.flatMap((line) =>
      line.type === "broadcast" || (line.type === "receive" && line.of === "broadcast")
        ? line.messages.map(([n]) => n)
        : []
    )
  );
  assertEquals(numbers[0], numbers[1]);
  assert(numbers[0].length < count / 2, `${numbers[0].length} of ${count} are told`);
  const every = told[0].flatMap((line) => line.type === "sample" ? [line.every] : []);
  assertEquals(every, [2, 4, 8]);
  const last = numbers[0].slice(-20);
  assert(last.every((n) => n % 8 === 0), last.join(" "));
});

Deno.test("an acknowledgement is told of if it says something of a message that is", () => {
  const lines: ReplicaLine[] = [];
  const trace = new ProtocolTrace(0, 2, (line) => lines.push(line));
  const receive = (
    message: Parameters<typeof trace.stepped>[0] & { type: "receive" },
    at: number,
  ) => trace.stepped(message, noEffects(), { at, time: at });
  for (let n = 1; n <= 1_000; n++) {
    receive({ type: "receive", from: 1, message: broadcast(1, [n]) }, n);
  }
  lines.length = 0;
  for (let n = 1; n <= 1_000; n++) {
    const covers = { origin: 1, time: 10 * n, key: "k", bytes: 0 };
    receive({
      type: "receive",
      from: 1,
      message: {
        ...{ type: "acknowledgement", ballot: { round: 1, id: 0 }, covers, last: 1_000 },
        stamp: { id: 1, time: 20_000 },
      },
    }, 2_000 + n);
  }
  const covered = lines.flatMap((line) =>
    line.type === "receive" && line.of === "acknowledge" ? [line.covers[1]] : []
  );
  assertEquals(covered.at(-1), 10_000, "the last told message is covered");
  assert(covered.length <= 1_000);
});

Deno.test("a sampling takes all again when there are few again", () => {
  const sampling = new Sampling();
  for (let i = 0; i < 2.5 * TRACE_MESSAGES_PER_WINDOW_MAX; i++) sampling.took(1, 0);
  assertEquals(sampling.every, 8);
  for (let window = 1; window <= 10; window++) sampling.took(1, 100 * window);
  assertEquals(sampling.every, 1);
});
