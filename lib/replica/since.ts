/**
 * Since when something has been so: for what an operator is told of missing and suspected peers.
 *
 * @module
 */

/** The ids of which something holds, each with the time since when. */
export class Since {
  #since = new Map<number, number>();

  /** It holds of these now, and of no others. */
  update(ids: Iterable<number>): void {
    const before = this.#since;
    this.#since = new Map([...ids].map((id) => [id, before.get(id) ?? Date.now()]));
  }

  /** Since when it holds of this one, as an ISO time: now if that was not noted before. */
  of(id: number): string {
    return new Date(this.#since.get(id) ?? Date.now()).toISOString();
  }
}
