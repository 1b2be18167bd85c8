/**
 * What a crash, or a bad disk, makes of the log's end: what was forced is there, or the folder is
 * said to be damaged; nothing is ever made up.
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { FolderError } from "../../lib/errors.ts";
import { LOG_AHEAD_BYTES } from "../../lib/limits.ts";
import type { Durable } from "../../lib/order/step.ts";
import { LogDamage, readSegment } from "../../lib/store/read_segments.ts";
import { replayLog } from "../../lib/store/replay.ts";
import type { Fsync, SqliteStore } from "../../lib/store/sqlite.ts";
import { segmentFile } from "../../lib/store/segments.ts";
import {
  apply,
  commit,
  copyAsKilled,
  inFolder,
  load,
  message,
  open,
  outbox,
  received,
  SELF,
  set,
  VIEW,
} from "./stores.ts";

/** A segment after each of its records, and what it says there. */
interface Written {
  /** Ends of records, the head's first. */
  readonly ends: readonly number[];
  /** What the log leads to after each of them. */
  readonly says: readonly Durable[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Commits of many kinds, in one segment. */
function fill(store: SqliteStore, path: string): Written {
  const [ends, says]: [number[], Durable[]] = [[], []];
  const file = segmentFile(path, 1);
  const note = () => {
    ends.push(Deno.statSync(file).size);
    says.push(store.load());
  };
  note();
  // The machine's run is noted first, in a record of its own.
  commit(store, { writes: [{ type: "promised", ballot: { round: 1, id: 0 } }] });
  const { end } = firstRecords(Deno.readFileSync(file));
  ends.push(end);
  says.push(says[0]);
  note();
  commit(store, { writes: [outbox(set("k", "waits"), 3, 4)] });
  note();
  const carried = [message(0, 1, 10, set("é", "日本")), message(2, 1, 11)];
  const left = [{ n: 5, operation: set("own", "\udcff") }];
  commit(store, {
    writes: [{ type: "installed", view: VIEW, pending: carried, outbox: left, n: 6 }],
  });
  note();
  const own = message(SELF, 5, 12, set("own", "\udcff"));
  commit(store, {
    writes: [received(own)],
    deliver: carried.map((message, i) => ({ index: i + 1, message })),
  });
  note();
  commit(store, { deliver: [{ index: 3, message: own }] });
  note();
  commit(store, { deliver: [{ index: 4, message: message(2, 9, 20) }] });
  note();
  return { ends, says, bytes: Deno.readFileSync(file) };
}

/** Where the record behind the head ends. */
function firstRecords(bytes: Uint8Array): { end: number } {
  const view = new DataView(bytes.buffer);
  const head = 12 + view.getUint32(4);
  return { end: head + 12 + view.getUint32(head + 4) };
}

/** What a segment leads to; null if it is damaged. */
function replayed(bytes: Uint8Array): Durable | null {
  try {
    return replayLog([readSegment(bytes, 1)], () => {}).load();
  } catch (error) {
    if (error instanceof LogDamage) return null;
    throw error;
  }
}

async function written(fsync: Fsync, act: (written: Written, path: string) => Promise<void>) {
  await inFolder(async (path) => {
    const store = await open(path, fsync, { aheadBytes: 0 });
    const all = fill(store, path);
    copyAsKilled(path, `${path}-killed`);
    store.close();
    assertEquals(replayed(all.bytes), all.says.at(-1));
    await act(all, `${path}-killed`);
  });
}

Deno.test("a segment that is cut off anywhere says what its whole records do", async () => {
  for (const fsync of ["always", "never"] as const) {
    await written(fsync, async ({ ends, says, bytes }, path) => {
      for (let size = ends[0]; size < bytes.length; size++) {
        const whole = ends.findLastIndex((end) => end <= size);
        assertEquals(replayed(bytes.subarray(0, size)), says[whole], `${size} bytes`);
      }
      for (let size = 0; size < ends[0]; size++) {
        assertEquals(replayed(bytes.subarray(0, size)), null);
      }
      // So it is with whole folders, which go on from there.
      for (const [i, end] of ends.entries()) {
        if (i + 1 === ends.length) break;
        const to = `${path}-${fsync}-${i}`;
        copyAsKilled(path, to);
        Deno.truncateSync(segmentFile(to, 1), end + Math.floor((ends[i + 1] - end) / 2));
        const cut = await open(to, fsync);
        assertEquals(load(cut), { ...says[i], identity: "" });
        const before = cut.applied;
        apply(cut, set("after", "1"));
        cut.close();
        const again = await open(to, fsync);
        assertEquals([again.applied, again.get("after")], [before + 1, "1"]);
        again.close();
      }
    });
  }
});

Deno.test("so does one whose end never came, over the zeros that were written ahead", async () => {
  await written("always", async ({ ends, says, bytes }, path) => {
    const over = (size: number) => {
      const file = new Uint8Array(bytes.length + 500);
      file.set(bytes.subarray(0, size));
      return file;
    };
    for (let size = ends[0]; size <= bytes.length; size++) {
      const whole = ends.findLastIndex((end) => end <= size);
      assertEquals(replayed(over(size)), says[whole], `${size} bytes`);
    }
    Deno.writeFileSync(segmentFile(path, 1), over(bytes.length));
    const store = await open(path);
    assertEquals(load(store), { ...says[says.length - 1], identity: "" });
    store.close();
  });
});

Deno.test("zeros are written ahead while the log is open, and no longer", async () => {
  await inFolder(async (path) => {
    const size = () => Deno.statSync(segmentFile(path, 1)).size;
    const store = await open(path);
    apply(store, set("a", "1"));
    const ahead = size();
    assertGreaterOrEqual(ahead, LOG_AHEAD_BYTES);
    for (let i = 0; i < 100; i++) apply(store, set(`k${i}`, "v"));
    assertEquals(size(), ahead, "the file does not grow with each record");
    // What is long is none that zeros are written for.
    apply(store, set("long", "x".repeat(LOG_AHEAD_BYTES)));
    const grown = size();
    assertGreater(grown, ahead);
    apply(store, set("b", "2"));
    assertGreaterOrEqual(size(), grown + LOG_AHEAD_BYTES);
    copyAsKilled(path, `${path}-killed`);
    store.close();
    assertLess(size(), grown + 1_000);
    for (const folder of [path, `${path}-killed`]) {
      const again = await open(folder);
      assertEquals([again.applied, again.get("k99"), again.get("b")], [103, "v", "2"]);
      again.close();
    }
  });
});

Deno.test("a byte that has changed is damage if it was forced, or ends the log before it", async () => {
  for (const fsync of ["always", "never"] as const) {
    await written(fsync, async ({ ends, says, bytes }, path) => {
      const last = ends[ends.length - 2];
      const seen = { damage: 0, dropped: 0 };
      for (let at = 0; at < bytes.length; at++) {
        for (const flip of [0x01, 0x80, 0xff]) {
          const spoilt = bytes.slice();
          spoilt[at] ^= flip;
          const record = ends.findLastIndex((end) => end <= at);
          // The boot note is forced before the first commit, whatever the setting.
          const forced = fsync === "always" ? at < last : at < ends[1];
          const expected = forced ? null : says[record];
          assertEquals(replayed(spoilt), expected, `byte ${at}, flipped by ${flip}`);
          seen[forced ? "damage" : "dropped"]++;
        }
      }
      assert(seen.damage > 100 && seen.dropped > 100, JSON.stringify(seen));
      const spoilt = bytes.slice();
      spoilt[20] ^= 1;
      Deno.writeFileSync(segmentFile(path, 1), spoilt);
      await assertRejects(() => open(path, fsync), FolderError, "is damaged");
      assertEquals(Deno.readFileSync(segmentFile(path, 1)), spoilt, "nothing was changed");
    });
  }
});

Deno.test("noise behind the last record is dropped, whatever it is", async () => {
  await written("always", async ({ says, bytes }) => {
    for (const noise of [[0], Array(100).fill(0), Array(100).fill(0xff), [...bytes.slice(0, 40)]]) {
      const longer = new Uint8Array([...bytes, ...noise]);
      assertEquals(replayed(longer), says.at(-1));
    }
    await Promise.resolve();
  });
});

Deno.test("a segment that is not the last must be whole", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "never", { segmentBytes: 200 });
    for (let i = 0; i < 12; i++) apply(store, set(`k${i}`, "v"));
    copyAsKilled(path, `${path}-killed`);
    store.close();
    const numbers = [...Deno.readDirSync(`${path}-killed/log`)].map(({ name }) => name).sort();
    assert(numbers.length > 2, `${numbers}`);
    Deno.truncateSync(
      `${path}-killed/log/${numbers[0]}`,
      Deno.statSync(`${path}-killed/log/${numbers[0]}`).size - 1,
    );
    await assertRejects(() => open(`${path}-killed`), FolderError, "ends torn");
  });
});

Deno.test("tables that are further than the log, as after a power cut, are gone on from", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "interval");
    const { size } = Deno.statSync(segmentFile(path, 1));
    commit(store, {
      writes: [received(message(0, 1, 1), message(0, 9, 9)), outbox(set("k", "v"), 4)],
    });
    apply(store, set("a", "1", "r"), set("b", "2"));
    // Carries all that is applied into the tables.
    assertEquals(store.scan("").length, 2);
    commit(store, { writes: [{ type: "promised", ballot: { round: 7, id: 0 } }] });
    copyAsKilled(path, `${path}-cut`);
    const position = load(store).position;
    store.close();
    Deno.truncateSync(segmentFile(`${path}-cut`, 1), size + 3);
    let cut = await open(`${path}-cut`);
    for (let start = 0; start < 2; start++) {
      assertEquals([cut.scan(""), cut.applied, load(cut).position], [
        [["a", "1"], ["b", "2"]],
        2,
        position,
      ]);
      assertEquals([cut.outcome("r")?.index, cut.logFrom, load(cut).promised.round], [1, 3, 0]);
      cut.close();
      cut = await open(`${path}-cut`);
    }
    apply(cut, set("c", "3"));
    cut.close();
    cut = await open(`${path}-cut`);
    assertEquals([cut.get("c"), cut.applied, cut.read(3, 3).length], ["3", 3, 1]);
    cut.close();
  });
});

Deno.test("keys of another order than the log's are damage", async () => {
  await inFolder(async (path) => {
    for (const [i, time] of [5, 6].entries()) {
      const store = await open(`${path}-${i}`);
      const entry = { index: 1, message: message(0, 1, time) };
      commit(store, { deliver: [entry], apply: [entry] });
      store.scan("");
      store.close();
    }
    Deno.copyFileSync(`${path}-0/store.db`, `${path}-1/store.db`);
    await assertRejects(() => open(`${path}-1`), FolderError, "keys and log are of one order");
  });
});

Deno.test("what has no head is no segment", () => {
  assertThrows(() => readSegment(new Uint8Array(100), 1), LogDamage, "has no head");
});
