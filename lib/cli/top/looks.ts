/**
 * Looks at replicas, again and again.
 *
 * @module
 */

import { type Address, formatAddress } from "../../client/mod.ts";
import { FailedError } from "../../errors.ts";
import { TOP_STATUS_MS_MAX } from "../../limits.ts";
import { type Down, whyDown } from "../../show/top/words.ts";
import { type Snapshot, snapshotOf, type Told } from "../../watch/snapshot.ts";
import { Watched } from "../../watch/watched.ts";

/** How it is looked. */
export interface LookOptions {
  /** From one look to the next. */
  readonly intervalMs: number;
  /** How often. */
  readonly count: number;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

/**
 * What is seen, look by look.
 *
 * @throws {FailedError} if at the first no replica answers
 */
export async function* looks(
  addresses: readonly Address[],
  { intervalMs, count, signal }: LookOptions,
): AsyncGenerator<Snapshot> {
  const watched = addresses.map((address) => new Watched(address, TOP_STATUS_MS_MAX));
  const ended = new Promise<null>((resolve) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  try {
    let before: readonly Told[] | null = null;
    for (let look = 0; look < count && !signal.aborted; look++) {
      const next = performance.now() + intervalMs;
      const now: readonly Told[] | null = await Promise.race([ask(watched, before), ended]);
      if (now === null) return;
      const snapshot = snapshotOf(now, before, new Date());
      if (before === null) demandAnswer(addresses, snapshot);
      yield snapshot;
      before = now;
      if (look + 1 < count) await pause(next - performance.now(), ended);
    }
  } finally {
    for (const one of watched) one.close();
  }
}

/** Who has answered before is known by its id, though it be down now. */
function ask(
  watched: readonly Watched[],
  before: readonly Told[] | null,
): Promise<readonly Told[]> {
  return Promise.all(watched.map(async (one, place): Promise<Told> => {
    const answer = await one.ask();
    const { client } = one;
    if (answer.up) return { id: answer.status.id, client, ...answer, diskBytes: null };
    return { id: before?.[place].id ?? null, client, ...answer };
  }));
}

function demandAnswer(addresses: readonly Address[], { replicas }: Snapshot): void {
  const down = replicas.filter((replica): replica is Down => !replica.up);
  if (down.length < replicas.length) return;
  const where = addresses.map(formatAddress).join(", ");
  const reasons = [...new Set(down.map(whyDown))].join("; ");
  throw new FailedError(`no replica answers at ${where}: ${reasons}`);
}

async function pause(ms: number, ended: Promise<null>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(0, ms));
  await Promise.race([promise, ended]);
  clearTimeout(timer);
}
