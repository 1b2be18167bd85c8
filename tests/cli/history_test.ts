import { assertEquals } from "@std/assert";
import { History, historyPath } from "../../lib/cli/client/history.ts";
import { HISTORY_LINES_MAX } from "../../lib/limits.ts";

Deno.test("historyPath follows the XDG specification", () => {
  const path = (set: Record<string, string>) => historyPath((name) => set[name]);
  assertEquals(path({ XDG_STATE_HOME: "/s", HOME: "/h" }), "/s/kvdist/history");
  assertEquals(path({ XDG_STATE_HOME: "relative", HOME: "/h" }), "/h/.local/state/kvdist/history");
  assertEquals(path({ HOME: "/h" }), "/h/.local/state/kvdist/history");
  assertEquals(path({ HOME: "" }), null);
  assertEquals(path({}), null);
});

Deno.test("lines are kept between runs, the latest first, for the owner only", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/state/kvdist/history`;
    const first = new History(path);
    assertEquals(await first.load(), []);
    for (const line of ["get x", "get x", "  ", "set x 日本"]) first.add(line);
    await first.saved();
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    const second = new History(path);
    assertEquals(await second.load(), ["set x 日本", "get x"]);
    second.add("set x 日本");
    second.add("quit");
    await second.saved();
    assertEquals(await Deno.readTextFile(path), "get x\nset x 日本\nquit\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a long history is cut, and one that cannot be kept harms nobody", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/history`;
    const lines = Array.from({ length: 3 * HISTORY_LINES_MAX }, (_, i) => `get ${i}`);
    await Deno.writeTextFile(path, lines.join("\n"));
    const loaded = await new History(path).load();
    assertEquals([loaded.length, loaded[0]], [HISTORY_LINES_MAX, lines.at(-1)]);
    assertEquals((await Deno.readTextFile(path)).split("\n").length, HISTORY_LINES_MAX + 1);
    for (const none of [`${path}/below/a/file`, null]) {
      const history = new History(none);
      assertEquals(await history.load(), []);
      history.add("get x");
      await history.saved();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
