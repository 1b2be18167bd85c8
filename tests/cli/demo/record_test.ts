import { assertEquals } from "@std/assert";
import { DemoRecord } from "../../../lib/cli/demo/record.ts";
import { ConnectionError } from "../../../lib/errors.ts";
import type { TraceLine } from "../../../lib/trace/line.ts";
import { FakeThreads } from "./fake_threads.ts";

Deno.test("a record ends without what replicas hold if one of them is down", async () => {
  class OneDown extends FakeThreads {
    override onlooker(replica: number) {
      if (replica < 2) return super.onlooker(replica);
      return Promise.reject(new ConnectionError("nobody listens there"));
    }
  }
  for (const [scenery, finals] of [[new OneDown(), 0], [new FakeThreads(), 3]] as const) {
    const record = new DemoRecord({ replicas: 3, demo: "fake" });
    await record.addFinals(scenery);
    assertEquals(record.lines().filter((line) => line.type === "final").length, finals);
  }
});

Deno.test("a reader gives each line with a moment once, in the order of each source", () => {
  const told: TraceLine[] = [];
  const record = new DemoRecord({ replicas: 3, demo: "fake" });
  record.traced = () => told;
  const start = (at: number): TraceLine => ({ type: "start", at, replica: 0, time: 0, index: 0 });
  told.push(start(5));
  record.add({ type: "order", index: 1, origin: 0, op: "set", key: "k", value: "1" });
  record.add({ type: "ok", process: 1, at: 3 });
  const read = record.reader();
  assertEquals(read(), [start(5), { type: "ok", process: 1, at: 3 }]);
  assertEquals(read(), []);
  told.push(start(4));
  record.fault("cut", [2]);
  assertEquals(read().map(({ type }) => type), ["start", "fault"]);
});
