/** Files for results: looked at before a run, written after it. */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { existsSync } from "@std/fs/exists";
import {
  checkResultFiles,
  copyResult,
  whereResultsAre,
  writeResult,
} from "../../lib/cli/result_file.ts";
import { FailedError, UsageError } from "../../lib/errors.ts";
import { kvdist, spawn } from "./program.ts";

async function inFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Deno would want more permissions for it than tests have. */
function link(to: string, path: string): void {
  new Deno.Command("ln", { args: ["-s", to, path] }).outputSync();
}

function mayNot(path: string, words: string, sources: readonly string[] = []): void {
  assertThrows(
    () => checkResultFiles([path], sources),
    UsageError,
    `cannot write ${path}: ${words}`,
  );
}

Deno.test("what can be written is left as it was, there or not", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/old`, "precious");
    link(`${folder}/nothing`, `${folder}/link`);
    checkResultFiles([`${folder}/old`, undefined, `${folder}/new`, `${folder}/link`]);
    assertEquals(names(folder), ["link", "old"]);
    assertEquals(Deno.readTextFileSync(`${folder}/old`), "precious");
  }));

Deno.test("what cannot be written is said with the reason", () =>
  inFolder((folder) => {
    mayNot(folder, "it is a folder");
    mayNot(`${folder}/none/new`, "its folder is not there");
    Deno.writeTextFileSync(`${folder}/file`, "");
    mayNot(`${folder}/file/new`, "Not a directory");
    mayNot("/proc/self/new", "");
    assertThrows(() => writeResult(folder, "text"), FailedError, `cannot write ${folder}: `);
    assertThrows(() => copyResult(`${folder}/file`, folder), FailedError, "cannot write");
  }));

Deno.test("no file is for two results, or for what is read", () =>
  inFolder((folder) => {
    const [old, made] = [`${folder}/old`, `${folder}/new`];
    Deno.writeTextFileSync(old, "precious");
    link(old, `${folder}/link`);
    mayNot(old, "it is what is read", [`${folder}/link`]);
    assertThrows(() => checkResultFiles([old, `${folder}/./link`]), UsageError, "one file");
    assertThrows(() => checkResultFiles([made, made]), UsageError, "one file");
    assertThrows(() => checkResultFiles([made, `${folder}/./new`]), UsageError, "one file");
    assertEquals(names(folder), ["link", "old"]);
    checkResultFiles([made], [`${folder}/none`, `${old}/below`]);
  }));

Deno.test("where results are is said in lines that drive no terminal", () => {
  assertEquals(whereResultsAre({ trace: "run\x1b[2J", html: "a\nb" }), [
    "The trace is in run\\u001b[2J: kvdist show run\\u001b[2J",
    "The report is in a\\nb",
  ]);
  assertEquals(whereResultsAre({}), []);
});

Deno.test({
  name: "pipes and devices are not opened before there is something for them",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder((folder) => {
      const pipe = `${folder}/pipe`;
      new Deno.Command("mkfifo", { args: [pipe] }).outputSync();
      checkResultFiles([pipe, pipe, "/dev/null", "/dev/null"]);
    }),
});

Deno.test("every command says so before it begins, and leaves nothing", () =>
  inFolder(async (folder) => {
    const trace = `${folder}/run.jsonl`;
    Deno.writeTextFileSync(
      trace,
      '{"history":1,"trace":1,"replicas":2,"began":0,"clients":"servers"}\n',
    );
    const there = `${folder}/none/file`;
    const wrong = [
      ["demo", "stale", "--html", there],
      ["demo", "stale", "--trace", there],
      ["demo", "crash", "--history", there, "--html", `${folder}/page`],
      ["chaos", "--html", there],
      ["chaos", "--trace", there, "--history", `${folder}/history`],
      ["chaos", "--history", there],
      ["bench", "--html", there],
      ["bench", "--trace", there],
      ["bench", "load", "--html", there],
      ["bench", "sweep", "--html", there],
      ["show", trace, "--html", there],
      ["check", trace, "--smallest", there],
      ["serve", "--trace", there, "--data", `${folder}/data`],
      ["show", trace, "--html", trace],
      ["check", trace, "--smallest", trace],
      ["demo", "stale", "--html", `${folder}/page`, "--trace", `${folder}/page`],
    ];
    await Promise.all(wrong.map(async (args) => {
      const options = { permissions: ["--allow-all"], env: { TMPDIR: folder } };
      const { code, stdout, stderr } = await kvdist(args, options);
      assertEquals([code, stdout, stderr.trim().split("\n").length], [2, "", 1], stderr);
      assertStringIncludes(stderr, `kvdist ${args[0]}: cannot write ${folder}/`);
    }));
    assertEquals(names(folder), ["run.jsonl"]);
    assert(Deno.readTextFileSync(trace).endsWith("}\n"));
  }));

Deno.test("a run that fails leaves no file for its result, and one that is there as it was", () =>
  inFolder(async (folder) => {
    const page = `${folder}/page.html`;
    const args = ["bench", "load", "--target", "127.0.0.1:1", "--html", page];
    const options = { permissions: ["--allow-all"] };
    assertEquals((await kvdist(args, options)).code, 1);
    assert(!existsSync(page));
    Deno.writeTextFileSync(page, "precious");
    assertEquals((await kvdist(args, options)).code, 1);
    assertEquals(Deno.readTextFileSync(page), "precious");
  }));

Deno.test("demo writes its files, though nobody reads what it prints", () =>
  inFolder(async (folder) => {
    const files = ["html", "trace", "history"].map((name) => `${folder}/${name}`);
    const flags = files.flatMap((path) => [`--${path.slice(folder.length + 1)}`, path]);
    const child = spawn(["demo", "stale", "--scene", "1", "--delay", "50ms", ...flags], {
      ...{ permissions: ["--allow-all"], env: { TMPDIR: folder } },
    });
    await Promise.all([child.stdin.close(), child.stdout.cancel()]);
    assertEquals(await new Response(child.stderr).text(), "");
    assertEquals((await child.status).code, 0);
    for (const path of files) assert(Deno.statSync(path).size > 0, path);
  }));

Deno.test("chaos keeps its history where it can be read again", async () => {
  const args = ["chaos", "--history", "/dev/null"];
  const { code, stdout, stderr } = await kvdist(args, { permissions: ["--allow-all"] });
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "kvdist chaos: cannot keep /dev/null: it is no plain file");
});
