/**
 * A client of Redis's protocol under faults: one command at a time, of the two that all its tools
 * ask. It shares nothing with the server's side of the protocol.
 *
 * @module
 */

import { type Address, parseAddress } from "../client/address.ts";
import { dial } from "../client/transport.ts";
import type { Consistency } from "../consistency.ts";
import { ConnectionError, type ErrorCode, RequestError, TimeoutError } from "../errors.ts";
import { CHAOS_CONNECT_MS, CHAOS_REPLY_GRACE_MS, REQUEST_TIMEOUT_MS } from "../limits.ts";

/** What stands in front of a failure, and what it is. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ["NOQUORUM", "no_quorum"],
  ["TIMEOUT", "timeout"],
  ["NEEDSORDER", "needs_order"],
  ["TOOLARGE", "too_large"],
]);

/** How a failure ends whose write may still happen. */
const MAYBE = "(maybe: the write may still happen)";

const encoder = new TextEncoder();

/** A connection that asks one thing at a time. */
export class RespClient {
  readonly #conn: Deno.TcpConn;
  readonly #buffer = new Uint8Array(64 * 1024);
  #text = "";
  #closed = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /**
   * Connects to `host:port`, for requests at this level.
   *
   * @throws {ConnectionError} if nobody listens there
   * @throws {TimeoutError} if nobody answers
   */
  static async connect(address: string, level: Consistency): Promise<RespClient> {
    const at: Address = parseAddress(address);
    const client = new RespClient(await dial(at, CHAOS_CONNECT_MS));
    await client.#ask(["KVDIST", "CONSISTENCY", level], false);
    return client;
  }

  /** Whether it is of no more use. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sets a key.
   *
   * @throws {RequestError} if it is refused
   * @throws {ConnectionError} if the connection ends before the answer
   * @throws {TimeoutError} if no answer comes in time
   */
  async set(key: string, value: string): Promise<void> {
    await this.#ask(["SET", key, value], true);
  }

  /** Gets the value of a key, null if it has none. Fails as {@linkcode set} does. */
  get(key: string): Promise<string | null> {
    return this.#ask(["GET", key], false);
  }

  /** Ends it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
  }

  async #ask(command: readonly string[], isWrite: boolean): Promise<string | null> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.close();
    }, REQUEST_TIMEOUT_MS + CHAOS_REPLY_GRACE_MS);
    try {
      await this.#send(command);
      return await this.#answer();
    } catch (error) {
      if (error instanceof RequestError) throw error;
      this.close();
      if (isLate) throw new TimeoutError("no answer", isWrite, { cause: error });
      throw new ConnectionError("the connection has ended", isWrite, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(command: readonly string[]): Promise<void> {
    const parts = command.map((part) => `$${encoder.encode(part).length}\r\n${part}\r\n`);
    let left = encoder.encode(`*${command.length}\r\n${parts.join("")}`);
    while (left.length > 0) left = left.subarray(await this.#conn.write(left));
  }

  async #answer(): Promise<string | null> {
    const line = await this.#line();
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return rest;
      case "-":
        throw refusal(rest);
      case "$":
        return rest === "-1" ? null : await this.#line();
      default:
        throw new Error(`no answer of Redis's protocol: ${line}`);
    }
  }

  /** Keys and values of a history have no line's end in them. */
  async #line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      const count = await this.#conn.read(this.#buffer);
      if (count === null) throw new Error("the other side has ended");
      this.#text += new TextDecoder().decode(this.#buffer.subarray(0, count));
    }
  }
}

function refusal(text: string): RequestError {
  const code = CODES.get(text.split(" ", 1)[0]) ?? "internal";
  return new RequestError(code, text, { maybe: text.endsWith(MAYBE) });
}
