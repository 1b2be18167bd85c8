/**
 * Text compared with a file, exactly. `UPDATE_GOLDEN=1 sh scripts/deno test -A tests/show …` writes
 * the files anew; read the difference before committing it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { displayWidth, WIDTH } from "../lib/show/text.ts";

const UPDATE = Deno.env.get("UPDATE_GOLDEN") === "1";

/** Compares the lines with the file, which is named from the test's own place. */
export async function assertGolden(
  lines: readonly string[],
  path: string,
  base: string,
): Promise<void> {
  const file = new URL(path, base);
  const text = lines.join("\n") + "\n";
  if (UPDATE) await Deno.writeTextFile(file, text);
  assertEquals(text, await Deno.readTextFile(file));
  for (const line of lines) assert(displayWidth(line) <= WIDTH, `wider than ${WIDTH}: ${line}`);
}
