/**
 * The demo's clients: one at each replica.
 *
 * @module
 */

import { type Client, connect } from "../../client/mod.ts";

/** One client at each replica that is asked; a new one where its connection was lost. */
export class AskersAt implements Disposable {
  readonly #addresses: readonly string[];
  readonly #requestTimeoutMs: number;
  readonly #clients = new Map<number, Promise<Client>>();

  /** By id: the replicas' addresses. Nobody is connected yet. */
  constructor(addresses: readonly string[], requestTimeoutMs: number) {
    this.#addresses = addresses;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /**
   * The client at a replica.
   *
   * @throws {ConnectionError | TimeoutError} if the replica takes no connection
   */
  at(replica: number): Promise<Client> {
    const known = this.#clients.get(replica);
    if (known !== undefined) return known;
    const client = connect(this.#addresses[replica], { requestTimeoutMs: this.#requestTimeoutMs });
    this.#clients.set(replica, client);
    const forget = () => {
      if (this.#clients.get(replica) === client) this.#clients.delete(replica);
    };
    client.then(({ closed }) => closed).then(forget, forget);
    return client;
  }

  /** Ends all connections. */
  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.then((client) => client.close(), () => {});
  }
}
