/**
 * Replicas as the demos about late replicas expect them, or with faults.
 *
 * @module
 */

import type { Asker, SessionAsker, Threads } from "../../../lib/cli/demo/scenery.ts";
import { RequestError } from "../../../lib/errors.ts";
import type { RequestOptions, Status, Token } from "../../../lib/wire/message.ts";
import { STATUS } from "../../client/fake_server.ts";

/** In what a scenery may differ from what the demos predict. */
export interface ThreadFaults {
  /** Applies this much too early. */
  readonly hasteMs?: number;
  /** Answers sequential writes as if they were eventual. */
  readonly answersEarly?: boolean;
  /** So many reads are answered only when all writes are applied. */
  readonly lateReads?: number;
  /** Loses writes at this replica. */
  readonly deafReplica?: number;
  /** Answers linearizable reads from what is applied. */
  readonly confirmsNothing?: boolean;
  /** Answers reads with a token from what is applied. */
  readonly ignoresTokens?: boolean;
  /** Does not say what is lacking. */
  readonly namesNothing?: boolean;
}

/** One replica of the fake: what was delivered is applied in order, each after its delay. */
class FakeReplica {
  readonly held = new Map<string, string>();
  delayMs = 0;
  delivered = 0;
  applied = 0;
  /** Resolves when all is applied. */
  settled: Promise<void> = Promise.resolve();

  deliver(key: string, value: string): Promise<void> {
    this.delivered++;
    const ready = this.delayMs > 0 ? sleep(this.delayMs) : Promise.resolve();
    this.settled = Promise.all([this.settled, ready]).then(() => {
      this.held.set(key, value);
      this.applied++;
    });
    return this.settled;
  }
}

/** Three replicas. */
export class FakeThreads implements Threads {
  readonly replicas = 3;
  readonly #members = [new FakeReplica(), new FakeReplica(), new FakeReplica()];
  readonly #faults: ThreadFaults;
  #lateReads: number;

  constructor(faults: ThreadFaults = {}) {
    this.#faults = faults;
    this.#lateReads = faults.lateReads ?? 0;
  }

  setApplyDelay(ms: number, replica?: number): Promise<void> {
    for (const [id, member] of this.#members.entries()) {
      if (replica !== undefined && id !== replica) continue;
      member.delayMs = Math.max(0, ms - (this.#faults.hasteMs ?? 0));
    }
    return Promise.resolve();
  }

  /** Resolves when nothing is left to be applied. */
  async settled(): Promise<void> {
    await Promise.all(this.#members.map(({ settled }) => settled));
  }

  onlooker(replica: number): Promise<Asker> {
    return this.client(replica);
  }

  client(replica: number): Promise<Asker> {
    const member = this.#members[replica];
    return Promise.resolve({
      set: (key, value, options) => this.#set(replica, key, value, options),
      get: async (key, options) => {
        if (this.#lateReads-- > 0) await this.settled();
        const isConfirmed = options?.consistency === "linearizable";
        if (isConfirmed && !this.#faults.confirmsNothing) await member.settled;
        return member.held.get(key);
      },
      outcome: () => Promise.resolve("unknown" as const),
      dump: () => Promise.resolve(new Map(member.held)),
      status: (): Promise<Status> =>
        Promise.resolve({ ...STATUS, delivered: member.delivered, applied: member.applied }),
    });
  }

  async session(replica: number, token: Token): Promise<SessionAsker> {
    const client = await this.client(replica);
    const member = this.#members[replica];
    let [n = 0] = token;
    return {
      ...client,
      set: async (key, value, options) => {
        await client.set(key, value, options);
        n = member.delivered;
        return [n];
      },
      get: async (key, options) => {
        if (!this.#faults.ignoresTokens) await this.#applied(member, n, options);
        return await client.get(key, options);
      },
      get token() {
        return [n];
      },
      [Symbol.dispose]() {},
    };
  }

  async #set(
    replica: number,
    key: string,
    value: string,
    options: RequestOptions = {},
  ): Promise<Token> {
    const { answersEarly, deafReplica } = this.#faults;
    const applied = this.#members.map((other, id) =>
      id === deafReplica && value !== "0" ? Promise.resolve() : other.deliver(key, value)
    );
    const early = answersEarly && this.#members[replica].delayMs > 0;
    if (options.consistency === "sequential" && !early) await applied[replica];
    return [];
  }

  async #applied(
    { applied, settled }: FakeReplica,
    n: number,
    { timeout }: RequestOptions = {},
  ): Promise<void> {
    if (applied >= n) return;
    if (timeout === undefined) return await settled;
    await sleep(timeout);
    const lacking = this.#faults.namesNothing ? [] : [{ origin: 0, n, applied }];
    throw new RequestError("timeout", "not yet applied", { maybe: false, lacking });
  }
}

/** Lets a time pass. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
