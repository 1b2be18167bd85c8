import { assertEquals, assertThrows } from "@std/assert";
import { type Asked, Recorder } from "../../lib/chaos/recorder.ts";
import { encodeLine, type HistoryLine } from "../../lib/check/history.ts";
import { InvariantError } from "../../lib/invariant.ts";

const SET: Asked = { op: "set", key: "k", value: "v", id: "1", level: "sequential", replica: 0 };
const GET: Asked = { op: "get", key: "k", level: "eventual", replica: 1, session: true };

function recorded() {
  const lines: HistoryLine[] = [];
  const clock = { ms: 0 };
  const recorder = new Recorder((line) => lines.push(line), () => clock.ms);
  return { lines, clock, recorder };
}

Deno.test("operations are recorded as a history has them", () => {
  const { lines, clock, recorder } = recorded();
  const [one, other] = [recorder.process(), recorder.process()];
  one.invoke(SET);
  clock.ms = 1.25;
  other.invoke(GET);
  one.ok();
  clock.ms = 2;
  other.ok(null);
  other.invoke({ ...SET, op: "set" });
  other.info("timeout");
  one.invoke(GET);
  one.fail("no_quorum");
  assertEquals(lines.map(encodeLine).map((line) => JSON.parse(line)), [
    { type: "invoke", process: 0, at: 0, ...SET },
    { type: "invoke", process: 1, at: 1250, ...GET },
    { type: "ok", process: 0, at: 1250 },
    { type: "ok", process: 1, at: 2000, value: null },
    { type: "invoke", process: 1, at: 2000, ...SET },
    { type: "info", process: 1, at: 2000, code: "timeout" },
    { type: "invoke", process: 0, at: 2000, ...GET },
    { type: "fail", process: 0, at: 2000, code: "no_quorum" },
  ]);
});

Deno.test("answers are counted by level, and the longest time without an ordered write is kept", () => {
  const { clock, recorder } = recorded();
  const process = recorder.process();
  const write = (level: Asked["level"], at: number) => {
    process.invoke({ ...SET, level });
    clock.ms = at;
    process.ok();
  };
  clock.ms = 100;
  write("sequential", 110);
  write("linearizable", 400);
  write("eventual", 900);
  write("sequential", 1000);
  process.invoke(GET);
  process.ok("v");
  process.invoke(SET);
  process.info("timeout");
  process.invoke(SET);
  process.fail("no_quorum");
  assertEquals(recorder.counts, {
    eventual: { writes: 1, reads: 1, failed: 0, unknown: 0 },
    sequential: { writes: 2, reads: 0, failed: 1, unknown: 1 },
    linearizable: { writes: 1, reads: 0, failed: 0, unknown: 0 },
  });
  assertEquals(recorder.longestGapMs, 600);
});

Deno.test("a process has one operation under way", () => {
  const process = recorded().recorder.process();
  assertThrows(() => process.ok(), InvariantError);
  process.invoke(SET);
  assertThrows(() => process.invoke(SET), InvariantError);
});
