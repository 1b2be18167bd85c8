import { assertEquals } from "@std/assert";
import { isRunning } from "../e2e/running.ts";

/** Starts a process and tells a warden of it, then waits to be killed. */
const PROGRAM = `
  import { Warden } from "${new URL("../../lib/chaos/warden.ts", import.meta.url)}";
  const warden = new Warden(Deno.args[0]);
  const child = () => new Deno.Command("sleep", { args: ["60"], stdout: "null" }).spawn();
  const [ended, running] = [child(), child()];
  await warden.began(ended.pid);
  await warden.began(running.pid);
  ended.kill();
  await ended.status;
  await warden.ended(ended.pid);
  if (Deno.args[1] === "in order") {
    running.kill();
    await running.status;
    await warden.ended(running.pid);
    await warden[Symbol.asyncDispose]();
  }
  console.log(running.pid);
  if (Deno.args[1] !== "in order") setInterval(() => {}, 1000);
`;

async function run(
  folder: string,
  how: string,
): Promise<{ pid: number; child: Deno.ChildProcess }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-lock", "--allow-run", "-", folder, how],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await new Response(PROGRAM).body?.pipeTo(child.stdin);
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.cancel();
  return { pid: Number(new TextDecoder().decode(value)), child };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

Deno.test({
  name: "what a killed process has started is ended, and its folder deleted",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir();
    const { pid, child } = await run(folder, "killed");
    assertEquals(await isRunning(pid), true);
    child.kill("SIGKILL");
    await child.status;
    await until(async () => !await isRunning(pid));
    await until(() => !exists(folder));
  },
});

Deno.test({
  name: "a warden that is told that all is in order does nothing",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir();
    const { pid, child } = await run(folder, "in order");
    assertEquals((await child.status).code, 0);
    assertEquals([await isRunning(pid), exists(folder)], [false, true]);
    await Deno.remove(folder);
  },
});
