/**
 * What a process has in memory, asked of the system.
 *
 * @module
 */

/** Whether {@linkcode residentMebibytes} works here. */
export const CAN_MEASURE_MEMORY = Deno.build.os !== "windows";

/** What a process has in memory now, in MiB. */
export async function residentMebibytes(pid: number): Promise<number> {
  const ps = new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)] });
  const { code, stdout } = await ps.output();
  const kibibytes = Number(new TextDecoder().decode(stdout));
  if (code !== 0 || !(kibibytes > 0)) throw new Error(`ps knows no process ${pid}`);
  return Math.round(kibibytes / 1024);
}
