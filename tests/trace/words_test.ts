/** Operations in words. */

import { assertEquals } from "@std/assert";
import { operationWords, valueWords } from "../../lib/trace/words.ts";

const words = (op: string, key: string, value?: unknown) => operationWords({ op, key, value });

Deno.test("each operation is said as its client says it", () => {
  assertEquals(words("set", "x", "1"), "set x=1");
  assertEquals(words("set", "x", ""), 'set x=""');
  assertEquals(words("delete", "x", null), "delete x");
  assertEquals(words("put", "x", ["put", "1", "always", true]), "set x=1 get");
  assertEquals(words("put", "x", ["put", "1", "absent", false]), "set x=1 nx");
  assertEquals(words("put", "x", ["put", "1", "present", true]), "set x=1 xx get");
  assertEquals(words("cas", "x", ["cas", null, "1"]), "cas x nothing→1");
  assertEquals(words("add", "x", ["add", "-3"]), "incr x -3");
  assertEquals(words("append", "x", ["append", "abc", 1048576]), "append x abc");
  assertEquals(words("take", "x", ["take"]), "getdel x");
  assertEquals(words("rename", "x", ["rename", "y", "always"]), "rename x y");
  assertEquals(words("rename", "x", ["rename", "y", "absent"]), "rename x y nx");
  assertEquals(words("several", "", ["several", ["a", "1"], ["b", ""]]), 'mset a=1 b=""');
  assertEquals(words("several", "", ["several", ["a", null], ["b", null]]), "del a b");
  assertEquals(words("clear", "", ["clear"]), "clear");
});

Deno.test("of what is long the beginning is said, and of what is strange something", () => {
  const many = Array.from({ length: 9 }, (_, i) => [`k${i}`, "v"]);
  assertEquals(words("several", "", ["several", ...many]), "mset k0=v k1=v k2=v …");
  assertEquals(words("append", "x", ["append", "y".repeat(99)]), `append x ${"y".repeat(23)}…`);
  assertEquals(words("set", "\udcff\x1b[2J", "\n"), "set \u{fffd}\u{fffd}[2J=\u{fffd}");
  assertEquals(words("put", "x", ["put", 1, {}, 2]), "set x");
  assertEquals(words("several", "", ["several", null, [1, {}]]), "mset");
  assertEquals([valueWords(null), valueWords(""), valueWords("a")], ["nothing", '""', "a"]);
});
