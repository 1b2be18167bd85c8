import { assertEquals } from "@std/assert";
import { type Told, untilConverged, whatIsMissing } from "../../lib/chaos/convergence.ts";

const WHOLE: Told = {
  state: "live",
  view: { ballot: [3, 0], members: [0, 1, 2] },
  replicas: 3,
  pending: 0,
  outbox: 0,
  delivered: 7,
  applied: 7,
  counts: true,
};

Deno.test("a cluster is whole when all are in one view, with nothing under way, and equal", () => {
  assertEquals(whatIsMissing([WHOLE, WHOLE, WHOLE]), null);
  const lacking: [Partial<Told> | null, string][] = [
    [null, "replica 1 does not answer"],
    [{ state: "outside" }, "replica 1 is outside"],
    [{ view: { ballot: [3, 0], members: [0, 1] } }, "replica 1 is in a view of 0, 1"],
    [{ counts: false }, "replica 1 does not count toward a majority"],
    [{ outbox: 2, pending: 3 }, "replica 1 has 5 messages that are not delivered"],
    [{ applied: 6 }, "replica 1 has not applied all that is delivered"],
    [{ applied: 4, delivered: 4 }, "replica 1 is 3 entries behind"],
  ];
  for (const [told, missing] of lacking) {
    assertEquals(whatIsMissing([WHOLE, told && { ...WHOLE, ...told }, WHOLE]), missing);
  }
});

Deno.test("what becomes whole is waited for; what does not is named in the end", async () => {
  const { signal } = new AbortController();
  let looks = 0;
  const late = () => Promise.resolve(++looks > 4 ? WHOLE : null);
  const whole = await untilConverged([0, 1], late, { timeMs: 60_000, signal });
  assertEquals(whole, null);
  const never = await untilConverged([0, 1], () => Promise.resolve(null), { timeMs: 1, signal });
  assertEquals(never, "replica 0 does not answer");
});
