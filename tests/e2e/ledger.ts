/**
 * What may stand in the stores after a crash, given what was written and answered before it.
 *
 * @module
 */

interface Attempt {
  /** null: deleted. */
  readonly value: string | null;
  answered: boolean;
}

/**
 * Keeps what each key may hold: its last answered write, or one after that which was not
 * answered. The writes of a key must come from one client, one after the other.
 */
export class Ledger {
  /** By key, oldest first; those before the last answered one no longer count. */
  readonly #attempts = new Map<string, Attempt[]>();

  /** How many writes were answered. */
  answered = 0;

  /** A write begins; what it gives back is called when it is answered. */
  begin(key: string, value: string | null): () => void {
    const attempt = { value, answered: false };
    const attempts = this.#attempts.get(key) ?? [{ value: null, answered: true }];
    attempts.push(attempt);
    this.#attempts.set(key, attempts);
    return () => {
      attempt.answered = true;
      this.answered++;
    };
  }

  /** What is wrong with what a replica holds: a line for each key, by the keys that count. */
  wrong(held: ReadonlyMap<string, string>, counts = (_key: string): boolean => true): string[] {
    const wrong: string[] = [];
    for (const [key, attempts] of this.#attempts) {
      if (!counts(key)) continue;
      const value = shown(held.get(key));
      const last = attempts.findLastIndex(({ answered }) => answered);
      const may = attempts.slice(last).map(({ value }) => shown(value));
      if (!may.includes(value)) wrong.push(`${key} is ${value}, and may be ${may.join(" or ")}`);
    }
    for (const key of held.keys()) {
      if (counts(key) && !this.#attempts.has(key)) wrong.push(`${key} was never written`);
    }
    return wrong;
  }

  /** From now on each key must stay what it is: what was undecided at the crash is decided. */
  settle(held: ReadonlyMap<string, string>): void {
    for (const key of this.#attempts.keys()) {
      this.#attempts.set(key, [{ value: held.get(key) ?? null, answered: true }]);
    }
  }
}

function shown(value: string | null | undefined): string {
  return value === null || value === undefined ? "nothing" : JSON.stringify(value);
}
