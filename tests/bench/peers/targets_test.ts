import { assert, assertEquals } from "@std/assert";
import { SYSTEMS } from "../../../bench/peers/systems/all.ts";
import { AIMS, COMPARISONS, WORKS } from "../../../bench/peers/targets.ts";

Deno.test("targets: every comparison names systems that there are, and kvdist first", () => {
  const ids = SYSTEMS.map(({ id }) => id);
  for (const { kvdist, peer } of COMPARISONS) {
    assert(ids.includes(kvdist) && kvdist.startsWith("kvdist-"), kvdist);
    assert(ids.includes(peer) && !peer.startsWith("kvdist-"), peer);
  }
  for (const { kvdist } of AIMS) assert(ids.includes(kvdist), kvdist);
});

Deno.test("targets: no two lines of the table are the same", () => {
  const lines = COMPARISONS.map(({ work, figure, kvdist, peer }) =>
    [work, figure, kvdist, peer].join(" ")
  );
  assertEquals(new Set(lines).size, lines.length);
});

Deno.test("targets: an aim asks for more than its target", () => {
  for (const { figure, target, aim } of COMPARISONS) {
    if (aim === undefined) continue;
    assert(target !== undefined);
    assertEquals(aim > target, figure === "rate");
  }
});

Deno.test("targets: what redis-benchmark reads it has written before", () => {
  const pipelined = WORKS.filter(({ pipeline }) => pipeline > 1).map(({ task }) => task);
  assertEquals(pipelined, ["write", "read"]);
});
