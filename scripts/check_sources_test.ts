import { assertEquals, assertMatch } from "@std/assert";
import { checkSources, maskSource } from "./check_sources.ts";

/** The messages for one file, or for several. */
function messages(sources: Record<string, string>): string[] {
  return checkSources(new Map(Object.entries(sources)))
    .map(({ path, line, message }) => `${path}:${line}: ${message}`);
}

function assertCaught(path: string, source: string, expected: RegExp): void {
  const found = messages({ [path]: source });
  assertEquals(found.length, 1, `${source}: ${found.join("; ")}`);
  assertMatch(found[0], expected);
}

Deno.test("a pure file may neither do I/O nor read a clock nor draw lots", () => {
  const forbidden = [
    "Deno.readTextFileSync(path);",
    "process.exit(1);",
    "process?.env;",
    'process["exit"](1);',
    "const { env } = process;",
    "const now = Date.now();",
    "const now = new Date();",
    "const now = performance.now();",
    "const n = Math.random();",
    "const { random } = Math;",
    "const id = crypto.randomUUID();",
    "setTimeout(f, 1);",
    "setInterval(f, 1);",
    "console.log(1);",
    "export async function f() {}",
    "const x = await y;",
    "fetch(url);",
    "const get = fetch;",
    "const g = globalThis;",
    "const text = `now: ${Date.now()}`;",
  ];
  for (const source of forbidden) {
    for (const path of ["lib/order/a.ts", "lib/check/deep/a.ts", "lib/limits.ts"]) {
      assertCaught(path, source, /in a pure file/);
    }
    assertEquals(messages({ "lib/replica/a.ts": source, "lib/log.ts": source }), []);
  }
});

Deno.test("comments, strings, patterns and properties do not count", () => {
  const source = `
    // Date and Deno.open, any await
    /* console.log(JSON.parse("1"))
       import x from "../cli/a.ts" */
    const a = "Date.now() and \\" await";
    const { fetch } = { fetch: 1 };
    if (c.fetch !== fetch) c.fetch = 2;
    const b = 'setTimeout', c = \`any \${a} fetch \\\` console\`;
    const d = /any "Date/.test(a) ? message.Date : view.any;
    const e = many / 2 + Math.max(1, 2) / updated; // any
    const asynchronous = 1, $any = 2, any_ = 3;
    const process = 4, line = { process, of: [process], process: 4 };
  `;
  assertEquals(messages({ "lib/order/a.ts": source }), []);
});

Deno.test("a line number points at the line", () => {
  const source = "/* one\ntwo */\n`three\n${four}`;\nDate.now();\n";
  assertMatch(messages({ "lib/order/a.ts": source })[0], /^lib\/order\/a\.ts:5: /);
});

Deno.test("a pure file imports only pure files and data structures", () => {
  const allowed = `
    import { BinaryHeap } from "@std/data-structures/binary-heap";
    import { invariant } from "../invariant.ts";
    import type { Timestamp } from "./timestamp.ts";
  `;
  assertEquals(messages({ "lib/order/a.ts": allowed }), []);
  assertCaught("lib/order/a.ts", `import { exists } from "@std/fs/exists";`, /may not import/);
  assertCaught("lib/order/a.ts", `import fs from "node:fs";`, /may not import/);
  assertCaught("lib/order/a.ts", `import { f } from "../wire/frame.ts";`, /one way/);
  assertCaught("lib/order/a.ts", `import { log } from "../log.ts";`, /not pure/);
  assertCaught("lib/errors.ts", `import { log } from "./log.ts";`, /not pure/);
  assertCaught("lib/order/a.ts", `const m = import("./b.ts");`, /while running/);
  assertCaught("lib/check/a.ts", `import { f } from "../store/log.ts";`, /one way/);
});

Deno.test("imports go one way, those of types and re-exports too", () => {
  const backwards: [string, string][] = [
    ["lib/wire/a.ts", `import { f } from "../client/b.ts";`],
    ["lib/wire/a.ts", `import type { F } from "../replica/b.ts";`],
    ["lib/store/a.ts", `import { f } from "../replica/b.ts";`],
    ["lib/client/a.ts", `export * from "../replica/b.ts";`],
    ["lib/replica/a.ts", `import "../cli/b.ts";`],
    ["lib/replica/a.ts", `import {\n  f,\n  g,\n} from "../show/b.ts";`],
    ["lib/limits.ts", `import { f } from "./order/b.ts";`],
  ];
  for (const [path, source] of backwards) assertCaught(path, source, /one way/);
  const forwards = {
    "lib/cli/serve/a.ts": `import { f } from "../../replica/b.ts";`,
    "lib/replica/c.ts": `import { f } from "../order/b.ts"; import { g } from "../limits.ts";`,
    "lib/store/a.ts": `import type { F } from "../order/b.ts";`,
    "lib/cli/version.ts": `import settings from "../../deno.json" with { type: "json" };`,
  };
  assertEquals(messages(forwards), []);
});

Deno.test("lib imports nothing else of the project, and nothing by address", () => {
  assertCaught("lib/cli/a.ts", `import { f } from "../../tests/b.ts";`, /may not import tests/);
  assertCaught("lib/cli/a.ts", `import { f } from "npm:left";`, /may not import npm:left/);
  assertCaught("lib/cli/a.ts", `import { f } from "https://x.org/f.ts";`, /may not import/);
});

Deno.test("a folder without a row is told of", () => {
  const source = `import { f } from "../wire/b.ts";`;
  assertCaught("lib/novel/a.ts", source, /lib\/novel is in no row/);
});

Deno.test("JSON.parse stands in lib/wire only", () => {
  assertCaught("lib/store/a.ts", "const x = JSON.parse(text);", /lib\/wire only/);
  assertCaught("lib/cli/a.ts", "const x = JSON\n  .parse(text);", /lib\/wire only/);
  assertEquals(messages({ "lib/wire/json.ts": "const x = JSON.parse(text);" }), []);
  assertEquals(messages({ "lib/cli/a.ts": "const x = JSON.stringify(text);" }), []);
});

Deno.test("neither any nor enum, wherever in lib", () => {
  assertCaught("lib/cli/a.ts", "let x: any;", /any/);
  assertCaught("lib/wire/a.ts", "const x = y as any;", /any/);
  assertCaught("lib/show/a.ts", "const x: Record<string, any> = {};", /any/);
  assertCaught("lib/cli/a.ts", "const enum Level { Low }", /enum/);
  assertCaught("lib/cli/a.ts", "export enum Level { Low }", /enum/);
});

Deno.test("a circle of imports is shown whole", () => {
  const found = messages({
    "lib/order/a.ts": `import { b } from "./b.ts";`,
    "lib/order/b.ts": `import { c } from "./c.ts"; import { d } from "./d.ts";`,
    "lib/order/c.ts": `import type { A } from "./a.ts";`,
    "lib/order/d.ts": "",
  });
  assertEquals(found, [
    "lib/order/a.ts:1: imports itself: " +
    "lib/order/a.ts → lib/order/b.ts → lib/order/c.ts → lib/order/a.ts",
  ]);
});

Deno.test("maskSource keeps the length, the lines and the code of templates", () => {
  const source = "a(`x ${ f({ y: `in ${z}` }) } w`); /* c */ 'd'; // e\n/[/'`]/.test(g)";
  const masked = maskSource(source);
  assertEquals(masked.length, source.length);
  assertEquals(
    masked,
    "a(`  ${ f({ y: `   ${z}` }) }  `);         ' ';     \n       .test(g)",
  );
});
