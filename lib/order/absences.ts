/**
 * Who comes and goes: each time a replica is taken into a view again, all others change it for
 * that. So one that does not stay waits twice as long each time before it is.
 *
 * @module
 */

import { REJOIN_FORGET_MS, REJOIN_WAIT_MS_MAX, REJOIN_WAIT_MS_MIN } from "../limits.ts";

interface Absence {
  /** How often it has been left out, without staying in between. */
  times: number;
  /** It is not taken in again before. */
  until: number;
  /** Since when it is a member; null if it is none. */
  memberSince: number | null;
}

/** What one replica remembers of the others' comings and goings. */
export class Absences {
  readonly #of: readonly Absence[];

  /** Nobody has been left out yet. */
  constructor(replicas: number) {
    this.#of = Array.from({ length: replicas }, () => ({
      times: 0,
      until: -Infinity,
      memberSince: null,
    }));
  }

  /** Whether a view may be changed to take this replica in. */
  mayJoin(id: number, now: number): boolean {
    return now >= this.#of[id].until;
  }

  /** A view begins without this replica, which was a member of the last one, or wanted to be. */
  leftOut(id: number, now: number): void {
    const absence = this.#of[id];
    const { memberSince } = absence;
    if (memberSince !== null && now - memberSince >= REJOIN_FORGET_MS) absence.times = 0;
    absence.memberSince = null;
    const wait = absence.times === 0 ? 0 : REJOIN_WAIT_MS_MIN * 2 ** (absence.times - 1);
    absence.times++;
    absence.until = now + Math.min(wait, REJOIN_WAIT_MS_MAX);
  }

  /** A view begins with this replica. */
  takenIn(id: number, now: number): void {
    this.#of[id].memberSince ??= now;
  }
}
