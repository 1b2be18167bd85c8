import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runningIn } from "../e2e/running.ts";
import { kvdist, spawn } from "./program.ts";

const PERMISSIONS = { permissions: ["--allow-all"] };

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kvdist-test-chaos-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what chaos cannot do is said in a line", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/something`, "");
    const wrong: [string[], RegExp][] = [
      [["--faults", "kil"], /--faults names "kil"; there are kill, pause, cut, slow, wipe.*kill\?/],
      [["--faults", ","], /--faults names no kind; there are kill/],
      [["--duration", "20"], /--duration needs a unit/],
      [["--replicas", "1"], /--replicas must be from 2 to 9/],
      [["now"], /chaos takes no arguments, and got now/],
      [["--data", folder], /is not empty \(something\): chaos begins with empty replicas/],
    ];
    for (const [args, message] of wrong) {
      const { code, stdout, stderr } = await kvdist(["chaos", ...args], PERMISSIONS);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, message);
      assertEquals(stderr.trim().split("\n").length, 1, stderr);
    }
  });
});

/** What a run is told in these tests: everything in a folder of its own. */
function inside(folder: string): string[] {
  return ["chaos", "--json", "--history", `${folder}/history.jsonl`, "--clients", "12"];
}

Deno.test("a cluster under faults keeps its word, and the run leaves nothing but its history", async () => {
  await inFolder(async (folder) => {
    const env = { TMPDIR: folder, KVDIST_CONSISTENCY: "eventual" };
    const { code, stdout, stderr } = await kvdist([
      ...[...inside(folder), "--duration", "6s", "--seed", "11", "--faults", "kill,cut"],
      ...["--faults-min", "2", "--operations-min", "5"],
    ], { ...PERMISSIONS, env });
    assertEquals(code, 0, `${stderr}\n${stdout}`);
    const report = JSON.parse(stdout);
    assertEquals([report.conclusion, report.reasons, report.seed], ["good", [], 11]);
    assert(report.faults.kill >= 1 && report.faults.cut >= 1);
    assertEquals([report.faults.pause, report.faults.slow, report.faults.wipe], [0, 0, 0]);
    assertEquals([report.order.missing, report.order.disagreement, report.crashes], [0, null, []]);
    assert(report.judged.length > 0);
    for (const { guarantee, verdict } of report.judged) assertEquals(verdict, "ok", guarantee);
    assertEquals(names(folder), ["history.jsonl"]);
    assertStringIncludes(await Deno.readTextFile(report.history), '"level":"eventual"');
  });
});

Deno.test("too little is inconclusive, whatever was found to be right", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await kvdist([
      ...[...inside(folder), "--duration", "1s", "--seed", "3", "--operations-min", "1000000"],
    ], { ...PERMISSIONS, env: { TMPDIR: folder } });
    assertEquals(code, 3, stderr);
    const { conclusion, reasons } = JSON.parse(stdout);
    assertEquals(conclusion, "inconclusive");
    assertStringIncludes(reasons.join("\n"), "1000000 are wanted");
  });
});

Deno.test({
  name: "Ctrl-C and SIGKILL leave no process and no folder behind",
  ignore: Deno.build.os !== "linux",
  async fn() {
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      await inFolder(async (folder) => {
        const child = spawn([...inside(folder), "--duration", "60s", "--faults", "slow"], {
          ...PERMISSIONS,
          env: { TMPDIR: folder },
        });
        // The history begins with the load: then all replicas run.
        await until(() => sizeOf(`${folder}/history.jsonl`) > 0);
        assertEquals(await replicasOf(folder), 3);
        child.kill(signal);
        const { code } = await child.output();
        await child.stdin.close().catch(() => {});
        assertEquals(code, signal === "SIGINT" ? 130 : 137);
        await until(async () => await replicasOf(folder) === 0);
        await until(() => names(folder).join() === "history.jsonl");
      });
    }
  },
});

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** How many processes serve from below the folder. */
async function replicasOf(folder: string): Promise<number> {
  return (await runningIn(folder)).filter((line) => line.includes(" serve ")).length;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
