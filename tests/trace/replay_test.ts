/** What messages changed. */

import { assertEquals } from "@std/assert";
import { type Change, type Ordered, replay } from "../../lib/trace/replay.ts";
import { told } from "../../lib/trace/told.ts";

/** The changes of operations that are told one after the other. */
function changes(
  ...operations: (readonly [op: string, key: string, value: unknown])[]
): Change[][] {
  return replay(operations.map(([op, key, value], i): Ordered => ({
    ...{ index: i + 1, submitted: { n: i + 1, op, key, value: told(value) } },
  })));
}

const append = (text: string) => ["append", "x", ["append", text, 1_000_000]] as const;

Deno.test("operations change what they change in the store", () => {
  assertEquals(
    changes(
      ["set", "x", "1"],
      ["add", "x", ["add", "9"]],
      append("!"),
      ["put", "x", ["put", "2", "absent", false]],
      ["several", "", ["several", ["x", null], ["y", "3"]]],
      ["rename", "y", ["rename", "z", "always"]],
      ["take", "z", ["take"]],
    ),
    [
      [["x", "1"]],
      [["x", "10"]],
      [["x", "10!"]],
      [],
      [["x", null], ["y", "3"]],
      [["y", null], ["z", "3"]],
      [["z", null]],
    ],
  );
});

Deno.test("a value that has become long is told as one that is read", () => {
  const half = "h".repeat(200);
  assertEquals(changes(append(half), append(half)), [[["x", half]], [[
    "x",
    String(told(half + half)),
  ]]]);
});

Deno.test("what is made of a long value, of which only the beginning is told, nobody knows", () => {
  const long = "l".repeat(5_000);
  const known = String(told(long));
  assertEquals(
    changes(["set", "x", long], append("more"), append("and more"), ["set", "x", "1"], append("2")),
    [[["x", known]], [], [], [["x", "1"]], [["x", "12"]]],
  );
  assertEquals(changes(["set", "x", "short"], append(long)), [[["x", "short"]], []]);
  assertEquals(changes(append(long)), [[["x", known]]]);
  assertEquals(
    changes(["set", "x", long], ["rename", "x", ["rename", "y", "always"]]),
    [[["x", known]], [["x", null], ["y", known]]],
  );
});
