import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../lib/version.ts";
import { kvdist } from "./program.ts";

Deno.test("--help lists the subcommands, and each has its own", async () => {
  const { code, stdout, stderr } = await kvdist(["--help"]);
  assertEquals([code, stderr], [0, ""]);
  for (const name of ["serve", "client"]) {
    assertStringIncludes(stdout, `\n  ${name} `);
    const own = await kvdist([name, "--help"]);
    assertEquals([own.code, own.stderr], [0, ""]);
    assertStringIncludes(own.stdout, `Usage: kvdist ${name} `);
    for (const line of own.stdout.split("\n")) assert(line.length <= 80, line);
    assertEquals((await kvdist(["help", name])).stdout, own.stdout);
  }
});

Deno.test("--version everywhere", async () => {
  for (const args of [["--version"], ["-V"], ["serve", "--version"], ["client", "--version"]]) {
    const { code, stdout } = await kvdist(args);
    assertEquals(code, 0);
    assert(stdout.startsWith(`kvdist ${VERSION} `), stdout);
  }
});

Deno.test("wrong use is one line and exit 2, without any permission too", async () => {
  const wrong: [string[], string][] = [
    [["clinet"], "kvdist: unknown subcommand clinet (did you mean client?) (see kvdist --help)\n"],
    [["help", "x"], "kvdist: unknown subcommand x (see kvdist --help)\n"],
    [
      ["--prot"],
      "kvdist: unknown flag --prot; flags stand behind the subcommand " +
      "(see kvdist --help)\n",
    ],
  ];
  for (const [args, line] of wrong) {
    const { code, stdout, stderr } = await kvdist(args, { permissions: [] });
    assertEquals([code, stdout, stderr], [2, "", line]);
  }
  const none = await kvdist([], { permissions: [] });
  assertEquals([none.code, none.stdout], [2, ""]);
  assertStringIncludes(none.stderr, "Usage: kvdist SUBCOMMAND");
});

Deno.test("a missing permission is a line, not a stack", async () => {
  const { code, stdout, stderr } = await kvdist(["client", "9", "get", "x"], { permissions: [] });
  assertEquals([code, stdout], [1, ""]);
  assertEquals(
    stderr,
    "kvdist client: cannot connect to 127.0.0.1:9: this program may not use the network\n",
  );
});
