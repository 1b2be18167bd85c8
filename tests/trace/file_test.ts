/** Files of traces: begun, gone on with, torn. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { readTrace } from "../../lib/cli/show/read_trace.ts";
import { FailedError, UsageError } from "../../lib/errors.ts";
import type { LogEvent } from "../../lib/log.ts";
import { beginTrace, TraceFile } from "../../lib/trace/file.ts";
import type { TraceLine } from "../../lib/trace/line.ts";

function withFile(act: (path: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    act(`${folder}/trace.jsonl`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const line = (at: number, replica = 0): TraceLine => ({
  ...{ type: "suspect", at, replica, time: 1, peer: 1, reason: "silent" },
});

const silent = () => {};

Deno.test("several add whole lines to one file, which is read in the order of time", () =>
  withFile((path) => {
    beginTrace(path, { replicas: 2, clients: "servers" });
    using one = new TraceFile(path, silent);
    using other = new TraceFile(path, silent);
    assert(one.hasClients);
    for (const at of [5, 1, 3]) one.add(line(at));
    for (const at of [4, 2]) other.add(line(at, 1));
    other.flush();
    one.flush();
    const { lines, replicas } = readTrace([path]);
    assertEquals([replicas, lines], [2, [1, 2, 3, 4, 5].map((at) => line(at, (at + 1) % 2))]);
  }));

Deno.test("a trace is gone on with by as many replicas, and nothing else is written to", () =>
  withFile((path) => {
    const facts = { replicas: 3, clients: "themselves" } as const;
    beginTrace(path, facts);
    {
      using file = new TraceFile(path, silent);
      assert(!file.hasClients);
      file.add(line(7));
    }
    const before = Deno.readTextFileSync(path);
    beginTrace(path, facts);
    assertEquals(Deno.readTextFileSync(path), before);
    assertThrows(() => beginTrace(path, { ...facts, replicas: 5 }), FailedError, "5 replicas");
    Deno.writeTextFileSync(path, "my diary\n");
    assertThrows(() => beginTrace(path, facts), FailedError, "no trace");
    assertEquals(Deno.readTextFileSync(path), "my diary\n");
  }));

Deno.test("a torn end is left out, torn lines elsewhere are counted, at every byte", () =>
  withFile((path) => {
    beginTrace(path, { replicas: 2, clients: "servers" });
    {
      using file = new TraceFile(path, silent);
      file.add(line(1));
      file.add(line(2));
    }
    const whole = Deno.readTextFileSync(path);
    const head = whole.indexOf("\n") + 1;
    const first = whole.indexOf("\n", head) + 1;
    for (let end = first; end < whole.length - 1; end++) {
      Deno.writeTextFileSync(path, whole.slice(0, end));
      const { lines, unread } = readTrace([path]);
      assertEquals([lines, unread], [[line(1)], 0], `cut at ${end}`);
      if (end === first) continue;
      // Whoever wrote it has begun again, or others write on right behind it.
      for (const [gap, read] of [["\n", [line(1), line(2)]], ["", [line(1)]]] as const) {
        const more = `${gap}${whole.slice(first)}${JSON.stringify(line(3))}\n`;
        Deno.writeTextFileSync(path, `${whole.slice(0, end)}${more}`);
        const torn = readTrace([path]);
        assertEquals([torn.lines, torn.unread], [[...read, line(3)], 1], `cut at ${end}`);
      }
    }
  }));

Deno.test("a trace whose last line was torn is gone on with, and read", () =>
  withFile((path) => {
    const facts = { replicas: 2, clients: "servers" } as const;
    beginTrace(path, facts);
    {
      using file = new TraceFile(path, silent);
      file.add(line(1));
    }
    Deno.writeTextFileSync(path, '{"type":"suspect","at"', { append: true });
    beginTrace(path, facts);
    {
      using file = new TraceFile(path, silent);
      file.add(line(2));
    }
    const whole = readTrace([path]);
    assertEquals([whole.lines, whole.unread], [[line(1), line(2)], 0]);
    Deno.writeTextFileSync(path, "{\n\0\u{fffd}\n", { append: true });
    const torn = readTrace([path]);
    assertEquals([torn.lines, torn.unread], [[line(1), line(2)], 2]);
    Deno.writeTextFileSync(path, "{}\n", { append: true });
    assertThrows(() => readTrace([path]), UsageError, 'line 8: "type" must be');
  }));

Deno.test("only a plain file is written to, and one that was taken away is no reason to fail", () =>
  withFile((path) => {
    const facts = { replicas: 2, clients: "servers" } as const;
    assertThrows(() => beginTrace(path.slice(0, path.lastIndexOf("/")), facts), FailedError);
    if (Deno.build.os === "linux") {
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
      assertThrows(() => beginTrace(path, facts), FailedError, "it is no plain file");
    }
    const events: LogEvent[] = [];
    using file = new TraceFile(`${path}.none`, (event) => events.push(event));
    file.add(line(1));
    file.flush();
    assertEquals([events.length, file.hasClients], [1, false]);
  }));

Deno.test("a file that takes no more ends the trace with a word", () =>
  withFile((path) => {
    beginTrace(path, { replicas: 2, clients: "servers" });
    const events: LogEvent[] = [];
    const file = new TraceFile(path, (event) => events.push(event));
    file[Symbol.dispose]();
    file.add(line(1));
    file.flush();
    assertEquals(events, [], "what has ended takes nothing, and says nothing");
    if (Deno.build.os !== "linux") return;
    // The only file that is always full, by another name.
    const full = new TraceFile(path, (event) => events.push(event));
    Deno.removeSync(path);
    full.add(line(2));
    full.flush();
    assertEquals(events, [], "a file that was removed takes it still");
    full[Symbol.dispose]();
  }));

Deno.test("a window has what is in it, and where replicas stood before", () =>
  withFile((path) => {
    beginTrace(path, { replicas: 2, clients: "servers" });
    const { began } = readTrace([path]);
    const view = (at: number, round: number): TraceLine => ({
      ...{ type: "view", at: began + at, replica: 0, time: 1 },
      ...{ state: "live", ballot: [round, 0], members: [0, 1] },
    });
    const said = (at: number) => line(began + at);
    const fault = (at: number, phase: "begin" | "end", id: number): TraceLine => ({
      ...{ type: "fault", at: began + at, fault: "pause", phase, replicas: [id] },
    });
    {
      using file = new TraceFile(path, silent);
      for (const one of [view(1_000, 1), view(2_000, 2), said(3_000), said(9_000), said(10_000)]) {
        file.add(one);
      }
      for (const one of [fault(3_500, "begin", 0), fault(4_000, "end", 0)]) file.add(one);
      for (const one of [fault(4_500, "begin", 1), fault(9_200, "end", 1)]) file.add(one);
    }
    const seen = readTrace([path], { fromMs: 5, toMs: 9.5 });
    const before = [view(2_000, 2), fault(4_500, "begin", 1)];
    assertEquals([seen.lines, seen.leftOut, seen.before], [
      [...before, said(9_000), fault(9_200, "end", 1)],
      0,
      before.length,
    ]);
    const few = readTrace([path], { linesMax: 2 });
    assertEquals([few.lines, few.leftOut], [[view(1_000, 1), view(2_000, 2)], 7]);
    assertThrows(() => readTrace([path, path]), UsageError, "is named twice");
  }));

Deno.test("traces of different clusters are not one", () =>
  withFile((path) => {
    beginTrace(path, { replicas: 2, clients: "servers" });
    const other = `${path}.3`;
    beginTrace(other, { replicas: 3, clients: "servers" });
    assertThrows(() => readTrace([path, other]), UsageError, "of 3 replicas, not of 2");
    assertThrows(() => readTrace([`${path}.none`]), UsageError, "there is no file");
    Deno.writeTextFileSync(other, "");
    assertThrows(() => readTrace([other]), UsageError, "it is empty");
  }));

Deno.test("two clusters that went into one file are not drawn as one", () =>
  withFile((path) => {
    beginTrace(path, { replicas: 2, clients: "servers" });
    const { began } = readTrace([path]);
    const view = (at: number, cluster: string): TraceLine => ({
      ...{ type: "view", at: began + at * 1_000, replica: 0, time: 1 },
      ...{ state: "live", ballot: [1, 0], members: [0, 1], cluster },
    });
    {
      using file = new TraceFile(path, silent);
      for (const one of [view(1, "a"), view(2, "a"), view(900, "b")]) file.add(one);
    }
    assertThrows(() => readTrace([path]), UsageError, "begins at 900 ms");
    assertEquals(readTrace([path], { toMs: 800 }).lines.length, 2);
  }));
