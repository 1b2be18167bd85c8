/**
 * What is known of the clients that speak Redis's protocol to one replica.
 *
 * @module
 */

import type { Consistency } from "../../consistency.ts";
import type { RespVersion } from "../../wire/resp_writer.ts";
import { Cursors } from "./cursors.ts";

/** One of them. */
export class RespClient {
  /** Its number, never given to another. */
  readonly id: number;
  /** Where it comes from, as `host:port`. */
  readonly address: string;
  /** When it came, in the milliseconds of the replica's clock. */
  readonly since: number;
  /** What it calls itself. */
  name = "";
  /** The library it uses. */
  library = "";
  /** The version of that. */
  libraryVersion = "";
  /** The level that it has chosen for its connection, or undefined: the cluster's. */
  consistency: Consistency | undefined;
  /** The version of the protocol that it has chosen. */
  version: RespVersion = 2;
  /** What it has asked last. */
  command = "";

  /** Knows nothing of it yet but where it comes from. */
  constructor(id: number, address: string, since: number) {
    this.id = id;
    this.address = address;
    this.since = since;
  }

  /** A line as `CLIENT LIST` has it. */
  line(now: number): string {
    return [
      `id=${this.id}`,
      `addr=${this.address}`,
      `name=${this.name}`,
      `age=${Math.floor((now - this.since) / 1000)}`,
      "db=0",
      `cmd=${this.command === "" ? "NULL" : this.command}`,
      "user=default",
      `resp=${this.version}`,
      `lib-name=${this.library}`,
      `lib-ver=${this.libraryVersion}`,
      `consistency=${this.consistency ?? "default"}`,
    ].join(" ");
  }
}

/** All of them, and what they share. */
export class RespClients {
  /** Where their scans go on. */
  readonly cursors = new Cursors();
  readonly #clients = new Set<RespClient>();
  #last = 0;

  /** One has come. */
  add(address: string, now: number): RespClient {
    const client = new RespClient(++this.#last, address, now);
    this.#clients.add(client);
    return client;
  }

  /** It has gone. */
  delete(client: RespClient): void {
    this.#clients.delete(client);
  }

  /** All that are here. */
  list(): readonly RespClient[] {
    return [...this.#clients];
  }
}
