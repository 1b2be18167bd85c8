/**
 * What the README says is held by the program: its commands are understood, its files exist, its
 * pictures are as they are drawn.
 */

import { assert, assertEquals } from "@std/assert";
import { kvdist } from "./cli/program.ts";

const ROOT = new URL("../", import.meta.url);
const README = await Deno.readTextFile(new URL("README.md", ROOT));
const STEPS = section("## Learn it in five steps").split(/^### /m).slice(1);

/** From a heading to the next of its rank. */
function section(heading: string): string {
  const [, text] = README.split(`\n${heading}\n`);
  assert(text !== undefined, `the README has no section ${heading}`);
  return text.split(/\n## /)[0];
}

/** What stands in code within a line; a line's end in it is a space. */
function spans(text: string): string[] {
  return Array.from(text.matchAll(/(?<!`)`([^`]+)`/g), ([, code]) => code.replaceAll("\n", " "));
}

/** The arguments of the commands of blocks: what stands behind two spaces is said of them. */
function commands(text: string): string[] {
  const lines = text.matchAll(/^ {4}(?:\w*\$ )?(?:sh scripts\/)?kvdist (?!\d)(\w+(?: .+)?)$/gm);
  return Array.from(lines, ([, line]) => line.split(/ {2,}/)[0]);
}

/**
 * What the program finds wrong with a command, or null. Without any permission it comes as far as
 * that, and does nothing.
 */
async function complaint(command: string): Promise<string | null> {
  const { code, stderr } = await kvdist(command.split(" "), { permissions: [] });
  assert(!stderr.includes("a mistake in kvdist"), stderr);
  return code !== 2 || /: cannot (read|write) /.test(stderr) ? null : stderr;
}

Deno.test("the program understands every command of the README", async () => {
  const all = new Set([
    ...commands(README),
    ...spans(STEPS.join("\n")).flatMap((span) => /^kvdist (.+)/.exec(span)?.[1] ?? []),
  ]);
  assert(all.has("demo stale --delay 1s") && all.has("chaos") && all.size > 25, [...all].join());
  for (const command of all) assertEquals(await complaint(command), null, command);
});

Deno.test("what is wrong with a command would be seen", async () => {
  for (const command of ["demo crash --scene 9", "show cut.jsonl --form 4s", "chekc cut.jsonl"]) {
    assert(await complaint(command) !== null, command);
  }
});

Deno.test("each of the five steps has a command, a picture, and the way to the page", () => {
  assertEquals(STEPS.length, 5);
  for (const step of STEPS) {
    const [title] = step.split("\n");
    assert(commands(step).some((command) => command.startsWith("demo ")), title);
    assert(/^ +\d+\.\d\d {3}[»■│]/m.test(step), `no picture in ${title}`);
    assert(spans(step).some((span) => /^kvdist .+ --html \S+$/.test(span)), `no page in ${title}`);
  }
});

Deno.test("the signs of the README's pictures are those of the program", async () => {
  const drawn = await Deno.readTextFile(new URL("tests/show/traces/partition.txt", ROOT));
  for (const line of drawn.split("\n").slice(0, 3)) {
    assert(STEPS[0].includes(`    ${line}\n`), line);
  }
});

Deno.test("every file that the README names exists", async () => {
  let files = 0;
  for (const line of README.split("\n")) {
    // A name alone stands in the folder of the one before it.
    let folder = "";
    for (const span of spans(line)) {
      const isPath = /^(lib|tests|bench|scripts)(\/[\w.]+)*\/?$/.test(span);
      if (!isPath && !(folder !== "" && /^\w+\.ts$/.test(span))) continue;
      const path = isPath ? span : folder + span;
      folder = path.slice(0, path.lastIndexOf("/") + 1);
      await Deno.stat(new URL(path, ROOT)).catch(() => assert(false, `${path} does not exist`));
      files++;
    }
  }
  assert(files > 30, `${files} files`);
});

Deno.test("every task that the README names is one", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const named = Array.from(README.matchAll(/deno task (\w+)/g), ([, task]) => task);
  assert(named.length > 3, named.join());
  for (const task of named) assert(Object.hasOwn(tasks, task), task);
});
