/** What users are told of errors. */

import { assertEquals } from "@std/assert";
import { reason } from "../lib/errors.ts";
import { kvdist } from "./cli/program.ts";

Deno.test("what Deno does not allow is said without its flags", () => {
  const told: readonly (readonly [string, string])[] = [
    [
      'Requires all access to "/proc/x", run again with the --allow-all flag',
      'Deno does not let this program use "/proc/x"',
    ],
    [
      'Requires write access to "/a, b", specify the required permissions during compile using ' +
      "`deno compile --allow-write`",
      'Deno does not let this program write to "/a, b"',
    ],
    [
      "Requires read access to <CWD>, run again with the --allow-read flag",
      "Deno does not let this program read <CWD>",
    ],
    [
      "Requires run access, run again with the --allow-run flag",
      "Deno gives this program no run access",
    ],
    ["something else", "something else"],
  ];
  for (const [theirs, ours] of told) assertEquals(reason(new Deno.errors.NotCapable(theirs)), ours);
});

Deno.test("no command shows a hint of Deno", async () => {
  const lib = new URL("../", import.meta.url).pathname;
  const permissions = [`--allow-read=${lib}`, "--allow-net", "--allow-sys", "--allow-env"];
  const refused = [
    ["show", "/proc/1/mem"],
    ["check", "/proc/1/mem"],
    ["demo", "stale", "--html", "/proc/x"],
    ["demo", "stale", "--trace", "/kvdist/x"],
    ["chaos", "--history", "/kvdist/x"],
    ["chaos", "--trace", "/proc/x"],
    ["bench", "--html", "/proc/x"],
    ["bench", "load", "--trace", "/proc/x"],
    ["serve", "--trace", "/proc/x"],
    ["serve", "--data", "/proc/x"],
  ];
  await Promise.all(refused.map(async (args) => {
    const { code, stdout, stderr } = await kvdist(args, { permissions });
    assertEquals([code === 0, stdout, stderr.trim().split("\n").length], [false, "", 1], stderr);
    assertEquals(/Deno does not let this program/.test(stderr), true, stderr);
    assertEquals(/allow-/.test(stderr), false, stderr);
  }));
});
