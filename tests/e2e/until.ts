/**
 * Waiting in tests for what must come, and not for a time to pass.
 *
 * @module
 */

import { type Client, connect, type Status } from "../../lib/client/mod.ts";

/** A condition that does not come true for this long fails its test; generous for busy machines. */
const WAIT_MS_MAX = 30_000;

/** Between two looks. */
const LOOK_EVERY_MS = 10;

/**
 * Waits until the condition holds; fails with what it waited for when it does not in time, and with
 * what else is known then.
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  known: () => string = () => "",
): Promise<void> {
  const deadline = performance.now() + WAIT_MS_MAX;
  while (!await holds()) {
    if (performance.now() > deadline) {
      throw new Error(`In vain waited until ${what}\n${known()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Connections to all replicas of a cluster, closed together. */
export class Clients implements Disposable {
  /** By replica. */
  readonly all: readonly Client[];

  private constructor(all: readonly Client[]) {
    this.all = all;
  }

  /** Connects to each. */
  static async connect(replicas: readonly { readonly client: string }[]): Promise<Clients> {
    return new Clients(await Promise.all(replicas.map(({ client }) => connect(client))));
  }

  /** Waits until nothing is under way: every replica has delivered and applied the same. */
  async settled(): Promise<void> {
    await until("all replicas have applied everything", async () => {
      const all = await Promise.all(this.all.map((client) => client.status()));
      return all.every((status) => isSettled(status) && status.applied === all[0].applied);
    });
  }

  /** What each replica holds, by replica. */
  async dumps(): Promise<ReadonlyMap<string, string>[]> {
    return await Promise.all(this.all.map((client) => client.dump()));
  }

  /** Closes all. */
  [Symbol.dispose](): void {
    for (const client of this.all) client.close();
  }
}

function isSettled({ pending, outbox, delivered, applied }: Status): boolean {
  return pending === 0 && outbox === 0 && delivered === applied;
}
