import { assertEquals } from "@std/assert";
import { TOP_CELLS_KEPT, TOP_LOOKS_PER_CELL } from "../../../lib/limits.ts";
import { CHARTS, Course } from "../../../lib/show/top/course.ts";
import { at, down, up } from "./snapshots.ts";

const [WRITES, P99] = ["writes/s", "p99"].map((title) => {
  return CHARTS.findIndex((chart) => chart.title === title);
});

function doing(id: number, perSecond: number, p99Ms: number | null = null) {
  return up(id, {}, { write: { perSecond, p99Ms } });
}

Deno.test("a cell is the highest of its looks; the last one grows with each", () => {
  const course = new Course();
  const rates = Array.from({ length: TOP_LOOKS_PER_CELL + 2 }, (_, look) => 10 - look);
  for (const rate of rates) course.add(at(0, [doing(0, rate)]));
  assertEquals(course.ofReplica(WRITES, 0, 3), [null, 10, 10 - TOP_LOOKS_PER_CELL]);
});

Deno.test("of all: writes are summed up, of times the worst counts; who is down is left out", () => {
  const course = new Course();
  const gone = down(2, "refused", "2026-11-22T19:03:04.000Z");
  course.add(at(0, [doing(0, 3, 7), doing(1, 4, null), gone]));
  assertEquals([course.ofAll(WRITES, 1), course.ofAll(P99, 1)], [[7], [7]]);
  assertEquals(course.ofReplica(WRITES, 2, 1), [null]);
  const silent = new Course();
  silent.add(at(0, [gone]));
  assertEquals(silent.ofAll(WRITES, 1), [null]);
});

Deno.test("what is older than any terminal is wide is forgotten", () => {
  const course = new Course();
  for (let look = 0; look < TOP_LOOKS_PER_CELL * (TOP_CELLS_KEPT + 1); look++) {
    course.add(at(0, [doing(0, look)]));
  }
  const cells = course.ofReplica(WRITES, 0, TOP_CELLS_KEPT + 1);
  assertEquals([cells[0], cells[1]], [null, 2 * TOP_LOOKS_PER_CELL - 1]);
});
