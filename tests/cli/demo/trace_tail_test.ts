import { assertEquals, assertThrows } from "@std/assert";
import { TraceTail } from "../../../lib/cli/demo/trace_tail.ts";
import { readTrace } from "../../../lib/cli/show/read_trace.ts";
import { HistoryError } from "../../../lib/errors.ts";
import type { TraceLine } from "../../../lib/trace/line.ts";

const TRACE = new URL("../../show/traces/partition.jsonl", import.meta.url);

async function withFile(use: (path: string) => void): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    use(path);
  } finally {
    await Deno.remove(path);
  }
}

const append = (path: string, bytes: Uint8Array) =>
  Deno.writeFileSync(path, bytes, { append: true });

Deno.test("a trace that is read while it is written, by pieces of any length, is the whole trace", async () => {
  const bytes = await Deno.readFile(TRACE);
  const whole = readTrace([TRACE.pathname]).lines;
  for (const length of [1, 7, 997, 8_192]) {
    await withFile((path) => {
      const tail = new TraceTail(path, 3);
      let lines = tail.lines().length;
      for (let at = 0; at < Math.min(bytes.length, length * 2_000); at += length) {
        append(path, bytes.subarray(at, at + length));
        const { length: now } = tail.lines();
        if (now < lines) throw new Error("lines are gone");
        lines = now;
      }
      assertEquals(tail.lines(), whole.slice(0, lines));
      if (length > 200) assertEquals(lines, whole.length);
    });
  }
});

Deno.test("what a killed replica left of a line is passed over; what no trace says is not", async () => {
  const encoder = new TextEncoder();
  const faultOf = (at: number): TraceLine => ({
    ...{ type: "fault", at, fault: "日本", phase: "begin", replicas: [1] },
  });
  const line = (at: number) => `${JSON.stringify(faultOf(at))}\n`;
  await withFile((path) => {
    const tail = new TraceTail(path, 3);
    const text = line(1) + line(2).slice(0, 20) + `\n{"trace":1,"replicas":3}\n` + line(3);
    for (const byte of encoder.encode(text)) {
      append(path, Uint8Array.of(byte));
      tail.lines();
    }
    assertEquals(tail.lines(), [1, 3].map(faultOf));
    append(path, encoder.encode(`{"type":"fault","at":4}\n`));
    assertThrows(() => tail.lines(), HistoryError);
  });
});
