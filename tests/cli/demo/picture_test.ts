import { assert, assertEquals } from "@std/assert";
import { Picture } from "../../../lib/cli/demo/picture.ts";
import { DemoRecord } from "../../../lib/cli/demo/record.ts";
import { Stage } from "../../../lib/cli/demo/stage.ts";
import type { TraceLine } from "../../../lib/trace/line.ts";
import { epochUs } from "../../../lib/trace/moment.ts";
import { FakeThreads } from "./fake_threads.ts";

/** A stage on which replicas tell what a test lets them tell. */
function stageWith(told: readonly TraceLine[]): Stage {
  const record = new DemoRecord({ replicas: 3, demo: "fake" });
  record.traced = () => told;
  const teller = { live: false, width: 80, line: () => {}, progress: () => {} };
  const { signal } = new AbortController();
  return new Stage({ scenery: new FakeThreads(), teller, record, delayMs: 0, signal });
}

function submit(at: number, n: number): TraceLine {
  return {
    ...{ type: "submit", at, replica: 0, time: n },
    messages: [{ n, op: "set", key: "k", value: String(n) }],
  };
}

/** What is drawn, and when something of it is. */
class Drawn {
  readonly lines: string[] = [];
  readonly failures: unknown[] = [];
  readonly #waiting: { readonly has: string; readonly resolve: () => void }[] = [];

  readonly line = (text: string) => {
    this.lines.push(text);
    for (const { has, resolve } of this.#waiting) if (text.includes(has)) resolve();
  };

  readonly failed = (error: unknown) => {
    this.failures.push(error);
  };

  has(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ has: text, resolve });
    return promise;
  }

  /** The rows, without their times. */
  rows(): string[] {
    return this.lines.flatMap((line) => /^ *\d+\.\d\d +(.*?)[ │┊]*$/.exec(line)?.[1] ?? []);
  }
}

Deno.test("what is told is drawn while the scene is played, with what is said between", async () => {
  const told: TraceLine[] = [];
  const stage = stageWith(told);
  const drawn = new Drawn();
  using picture = new Picture(stage, drawn);
  stage.restart(picture);
  const isDrawn = drawn.has("■");
  told.push(submit(epochUs(), 1));
  stage.tellDrawn("this is drawn anyway");
  stage.tell("something is said");
  await isDrawn;
  told.push(submit(epochUs(), 2));
  await picture.end();
  assertEquals(drawn.rows(), ["■ 0.1 set k=1", "── something is said", "■ 0.2 set k=2"]);
});

Deno.test("what is told too late for its place is drawn with all the rest again", async () => {
  const told: TraceLine[] = [];
  const drawn = new Drawn();
  using picture = new Picture(stageWith(told), drawn);
  const isDrawn = drawn.has("■ 0.1");
  const early = epochUs();
  told.push(submit(epochUs(), 1));
  await isDrawn;
  told.push(submit(early, 2));
  await picture.end();
  const again = drawn.lines.findIndex((line) => line.startsWith("Some of it was told late."));
  assert(again > 0, drawn.lines.join("\n"));
  assertEquals(drawn.rows(), ["■ 0.1 set k=1", "■ 0.2 set k=2", "■ 0.1 set k=1"]);
});

Deno.test("what cannot be drawn on is said once, and ends the drawing", async () => {
  const told: TraceLine[] = [];
  const drawn = new Drawn();
  const gone = new Error("nobody reads it");
  const failed = Promise.withResolvers<unknown>();
  using _picture = new Picture(stageWith(told), {
    line: (text) => {
      if (text.includes("■ 0.1")) throw gone;
      drawn.line(text);
    },
    failed: failed.resolve,
  });
  told.push(submit(epochUs(), 1));
  assertEquals(await failed.promise, gone);
  assertEquals(drawn.rows(), []);
});
