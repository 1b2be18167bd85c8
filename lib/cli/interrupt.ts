/**
 * Work that the user may end: what it has begun is put in order first.
 *
 * @module
 */

/** What each signal adds to 128 to make the exit code that shells expect. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

type Ending = keyof typeof SIGNALS;

/**
 * Does the work with a signal that aborts on Ctrl-C, SIGTERM or SIGHUP; resolves with its exit
 * code, or once aborted with the signal's. A second signal ends the program at once.
 */
export async function interruptible(
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const abort = new AbortController();
  let code: number | undefined;
  const handlers = (Object.keys(SIGNALS) as Ending[]).map((name) => {
    const handler = () => {
      if (code !== undefined) Deno.exit(code);
      code = 128 + SIGNALS[name];
      abort.abort();
    };
    Deno.addSignalListener(name, handler);
    return { name, handler };
  });
  try {
    const done = await work(abort.signal);
    return code ?? done;
  } catch (error) {
    // Whatever fails once the user has had enough, fails because of that.
    if (code === undefined) throw error;
    return code;
  } finally {
    for (const { name, handler } of handlers) Deno.removeSignalListener(name, handler);
  }
}
