/**
 * Whose operations follow each other: what a guarantee promises to one client, it promises along
 * a *chain* of operations.
 *
 * `sequential` judges the operations asked for at `sequential` or above. A client that talks to
 * one replica is a chain of its own; when it moves to another replica without a session token,
 * it begins a new one, since a read there may be old. Its operations with a token are a chain
 * wherever they go. What is asked for at `eventual` promises no order and is in no chain; an
 * eventual write can be seen by anyone at any time after it began.
 *
 * `session` judges the operations with a token, at any level: one chain for each client.
 *
 * @module
 */

import { SEQUENTIAL, type Tries } from "./recorded.ts";

/** What the operations of a client are held to. */
export type Discipline = "sequential" | "session";

/** The chains that each try belongs to. */
export class Chains {
  /** How many there are. */
  count = 0;
  /** What they are judged by. */
  readonly discipline: Discipline;
  readonly #tries: Tries;
  readonly #numbers = new Map<number, number>();
  readonly #replicas: number;

  /** Makes the chains of a discipline. */
  constructor(tries: Tries, replicas: number, discipline: Discipline) {
    this.#tries = tries;
    this.#replicas = replicas;
    this.discipline = discipline;
  }

  /** Whether the try is judged, and so has a chain. */
  isJudged(row: number): boolean {
    return this.discipline === "session"
      ? this.#tries.session[row] === 1
      : this.#tries.level[row] >= SEQUENTIAL;
  }

  /** The chains of a judged try: one or two numbers below {@linkcode Chains.count}. */
  of(row: number): number[] {
    const { client, replica, session } = this.#tries;
    const places = this.#replicas + 1;
    const wanderer = client[row] * places;
    const here = wanderer + 1 + replica[row];
    if (this.discipline === "session") return [this.#number(wanderer)];
    return session[row] === 1 ? [this.#number(wanderer), this.#number(here)] : [this.#number(here)];
  }

  #number(name: number): number {
    const number = this.#numbers.get(name) ?? this.count++;
    this.#numbers.set(name, number);
    return number;
  }
}
