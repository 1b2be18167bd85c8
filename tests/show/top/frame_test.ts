/**
 * Frames of `top` as they stand in a terminal.
 * `UPDATE_GOLDEN=1 sh scripts/deno test -A tests/show/top/frame_test.ts` writes them anew; read the
 * difference before committing it.
 */

import { assert, assertEquals } from "@std/assert";
import { Course } from "../../../lib/show/top/course.ts";
import { frame } from "../../../lib/show/top/frame.ts";
import type { FrameLine } from "../../../lib/show/top/frame_line.ts";
import { displayWidth } from "../../../lib/show/text.ts";
import type { ReplicaSnapshot, Snapshot } from "../../../lib/watch/snapshot.ts";
import { at, down, up } from "./snapshots.ts";

const UPDATE = Deno.env.get("UPDATE_GOLDEN") === "1";

async function isGolden(name: string, lines: readonly FrameLine[]): Promise<void> {
  const file = new URL(`${name}.txt`, import.meta.url);
  const text = lines.map(({ text }) => `${text}\n`).join("");
  if (UPDATE) await Deno.writeTextFile(file, text);
  else assertEquals(text, await Deno.readTextFile(file));
}

/** The frame after these looks, a second apart. */
function drawn(looks: readonly Snapshot[], columns = 80, rows = 24): FrameLine[] {
  const course = new Course();
  for (const look of looks) course.add(look);
  return frame(looks[looks.length - 1], course, { columns, rows, intervalMs: 1_000 });
}

/** A minute of load that swells and ebbs, each second with these replicas. */
function minute(replicasAt: (second: number, load: number) => ReplicaSnapshot[]): Snapshot[] {
  return Array.from({ length: 60 }, (_, second) => {
    return at(second, replicasAt(second, Math.sin(second / 12) ** 2));
  });
}

function busy(id: number, second: number, load: number): ReplicaSnapshot {
  const applied = 1_000 * second + 7 * id;
  const perSecond = Math.round(4_321 * load) + id;
  return up(
    id,
    {
      applied,
      lag: id,
      pending: 12 * id,
      staleness: 8 * id,
      uptime: 61_000 * second,
      keys: 10_000,
    },
    {
      write: { perSecond, failedPerSecond: 0.5 * id, p50Ms: 1.62, p99Ms: 4 + 40 * load },
      read: { perSecond: 2 * perSecond, p50Ms: 0.08, p99Ms: 0.93 },
    },
  );
}

const REFUSED = "connection refused: nobody listens there";

Deno.test("three replicas under load", async () => {
  const looks = minute((second, load) => [0, 1, 2].map((id) => busy(id, second, load)));
  await isGolden("busy", drawn(looks));
  await isGolden("busy_wide", drawn(looks, 170));
});

Deno.test("one is down, one has not come back into the view", async () => {
  const obstacle = "2 of 3 replicas are needed, and replica 2 is alone";
  const looks = minute((second, load) => [
    busy(0, second, load),
    second < 30
      ? busy(1, second, load)
      : down(1, `cannot connect to 127.0.0.1:9890: ${REFUSED}`, "2026-11-22T19:03:30.123Z"),
    second < 30
      ? busy(2, second, load)
      : up(2, { state: "outside", obstacle, staleness: 1_000 * (second - 30), view: null }),
  ]);
  const lines = drawn(looks);
  await isGolden("down", lines);
  const styles = lines.map(({ style }) => style).filter((style) => style !== null);
  assertEquals(styles.filter((style) => style === "down").length, 2);
  assertEquals(styles.filter((style) => style === "late").length, 3);
});

Deno.test("huge numbers keep to their columns", async () => {
  const most = Number.MAX_SAFE_INTEGER;
  const huge = {
    ...{ applied: most, lag: most, pending: most, outbox: most, staleness: 8e10, keys: most },
    ...{ clients: 1_234_567, uptime: 8e10, replicas: 1_000 },
    view: { ballot: [1, 0] as const, members: [0, 2, 4, 6, 8, 10] },
  };
  const kind = {
    perSecond: 123_456_789,
    failedPerSecond: 98_765_432,
    p50Ms: 10_000,
    p99Ms: 10_000,
  };
  const look = at(0, [up(0, huge, { write: kind, read: kind }), up(10)]);
  await isGolden("huge", drawn([look]));
});

Deno.test("nine replicas: with charts of each where there is room, else of all", async () => {
  const ids = Array.from({ length: 9 }, (_, id) => id);
  const looks = minute((second, load) => ids.map((id) => busy(id, second, load)));
  await isGolden("nine", drawn(looks));
  await isGolden("nine_high", drawn(looks, 80, 40));
  const low = drawn(looks, 80, 10);
  assertEquals([low.length, low[9].text], [10, "14 more lines: no room"]);
});

Deno.test("no frame is larger than its terminal", () => {
  const looks = minute((second, load) => [
    busy(0, second, load),
    down(1, "why ".repeat(100), "2026-11-21T00:00:00.000Z"),
  ]);
  for (const columns of [1, 10, 40, 79, 80, 156, 157, 158, 200]) {
    for (const rows of [1, 2, 12, 50]) {
      const lines = drawn(looks, columns, rows);
      assert(lines.length <= rows, `${lines.length} lines in ${rows}`);
      for (const { text } of lines) {
        assert(displayWidth(text) <= columns, `more than ${columns} cells: ${text}`);
      }
    }
  }
});

Deno.test("what an older replica does not tell is not known", () => {
  const older = { staleness: undefined, view: undefined, replicas: undefined, obstacle: undefined };
  const [title, , , row] = drawn([at(0, [up(0, older)])]).map(({ text }) => text);
  assertEquals(title, "kvdist top, 19:03:00 UTC: 1 of 1 replica answers, sequential");
  assertEquals(
    row,
    " 0 127.0.0.1:9889  live      –                7       0       0      0         –",
  );
});
