/**
 * The socket of a client: frames out, frames in. The only file here that opens one.
 *
 * @module
 */

import { ConnectionError, reason, TimeoutError } from "../errors.ts";
import { FrameReader, FrameWriter } from "../wire/frame.ts";
import { type Address, formatAddress } from "./address.ts";

/** What a {@linkcode Transport} tells. */
export interface TransportEvents {
  /** A whole frame came; it lives until this returns. May throw: the transport then ends. */
  frame(frame: Uint8Array): void;
  /** All that was sent so far has been given to the network. */
  sent(): void;
  /** Called once. No error: the other side closed, or {@linkcode Transport.close} was called. */
  ended(error?: Error): void;
}

/** Opens a connection. */
export async function dial(address: Address, timeoutMs: number): Promise<Deno.TcpConn> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new TimeoutError(`cannot connect to ${formatAddress(address)}: no answer in ${timeoutMs} ms`),
    );
  }, timeoutMs);
  const dialled = Deno.connect({ hostname: address.hostname, port: address.port });
  try {
    const conn = await Promise.race([dialled, late]);
    conn.setNoDelay(true);
    return conn;
  } catch (error) {
    // Should it still be made, it is not left open.
    dialled.then((conn) => conn.close(), () => {});
    if (error instanceof TimeoutError) throw error;
    throw new ConnectionError(
      `cannot connect to ${formatAddress(address)}: ${dialFailure(error)}`,
      false,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Sends and receives frames on a connection: one write and one read under way at a time. */
export class Transport {
  readonly #conn: Deno.TcpConn;
  readonly #events: TransportEvents;
  readonly #reader: FrameReader;
  readonly #writer = new FrameWriter();
  #flushing = false;
  #ended = false;

  /** Reads from now on; frames of more than `frameBytesMax` bytes end it. */
  constructor(conn: Deno.TcpConn, frameBytesMax: number, events: TransportEvents) {
    this.#conn = conn;
    this.#events = events;
    this.#reader = new FrameReader(frameBytesMax);
    this.#read();
  }

  /** Sends a frame, in one write with all others of this turn. */
  send(text: string): void {
    this.#writer.add(text);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  /** Ends at once; what was not yet written is not sent. */
  close(): void {
    this.#end();
  }

  async #flush(): Promise<void> {
    try {
      while (this.#writer.length > 0 && !this.#ended) {
        let bytes: Uint8Array = this.#writer.take();
        this.#events.sent();
        while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
      }
    } catch (error) {
      // The other side's last answer may say why: it is read until its end.
      if (!isDisconnect(error)) this.#end(asError(error));
    }
    this.#flushing = false;
  }

  async #read(): Promise<void> {
    try {
      while (!this.#ended) {
        const count = await this.#conn.read(this.#reader.space());
        if (count === null) break;
        this.#reader.filled(count);
        for (let frame = this.#reader.next(); frame !== null; frame = this.#reader.next()) {
          this.#events.frame(frame);
          if (this.#ended) return;
        }
      }
      this.#end(this.#reader.length > 0 ? new Error("it ended within an answer") : undefined);
    } catch (error) {
      this.#end(asError(error));
    }
  }

  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
    this.#events.ended(error);
  }
}

function isDisconnect(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.NotConnected;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(reason(error));
}

function dialFailure(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "connection refused: nobody listens there";
  }
  if (error instanceof Deno.errors.NotCapable) return "this program may not use the network";
  return reason(error);
}
