/** What is written of a trace is what is read. */

import { assertEquals } from "@std/assert";
import { decodeTraceHeader, decodeTraceLine } from "../../lib/trace/decode.ts";
import { encodeTraceHeader, encodeTraceLines } from "../../lib/trace/encode.ts";
import { simulated } from "./lines.ts";

Deno.test("a trace is read as it was written, with the facts in its header", () => {
  const { replicas, lines } = simulated(3);
  const facts = { replicas, began: 7, clients: "servers", seed: 3 } as const;
  const [header, ...written] = (encodeTraceHeader(facts) + encodeTraceLines(lines))
    .trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals({ ...decodeTraceHeader(header) }, {
    history: 1,
    trace: 1,
    type: undefined,
    ...facts,
  });
  assertEquals(written.map((line) => decodeTraceLine(line, replicas)), lines);
});

Deno.test("what is no more than a header, or no line, is text all the same", () => {
  assertEquals(encodeTraceLines([]), "");
  assertEquals(
    encodeTraceHeader({ replicas: 2, began: 0, clients: "themselves" }),
    '{"history":1,"trace":1,"replicas":2,"began":0,"clients":"themselves"}\n',
  );
});
