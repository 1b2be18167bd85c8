/**
 * Which processes run, asked of the system: its own files about them are closed to a program
 * that may read only some.
 *
 * @module
 */

/** A process that has not ended. */
export interface Running {
  readonly pid: number;
  /** Its command line, with blanks between the words. */
  readonly line: string;
}

/** All of them. One that has ended and that nobody has asked about still has a number: it is left out. */
export async function running(): Promise<Running[]> {
  const ps = new Deno.Command("ps", { args: ["-ww", "-eo", "pid=,stat=,args="] });
  const { code, stdout } = await ps.output();
  if (code !== 0) throw new Error("ps tells nothing");
  return new TextDecoder().decode(stdout).split("\n").flatMap((row) => {
    const [, pid, stat, line] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? [];
    return stat === undefined || stat.startsWith("Z") ? [] : [{ pid: Number(pid), line }];
  });
}

/** Whether this process runs. */
export async function isRunning(pid: number): Promise<boolean> {
  return (await running()).some((process) => process.pid === pid);
}

/** The command lines that name something in this folder. */
export async function runningIn(folder: string): Promise<string[]> {
  return (await running()).map(({ line }) => line).filter((line) => line.includes(`${folder}/`));
}
