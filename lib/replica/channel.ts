/**
 * One accepted or dialled socket as a stream of frames: reads into one reused buffer, gathers
 * what is sent, and has one write under way at a time.
 *
 * @module
 */

import { LINGER_MS } from "../limits.ts";
import { FrameReader, FrameWriter } from "../wire/frame.ts";

/** A socket as a stream of frames. */
export class Channel {
  readonly #conn: Deno.Conn;
  readonly #reader: FrameReader;
  readonly #writer = new FrameWriter();
  #inFlight = 0;
  #closed = false;
  #drained: () => void = () => {};

  /** Takes the socket over; frames of more than `frameBytesMax` bytes are refused. */
  constructor(conn: Deno.TcpConn, frameBytesMax: number) {
    try {
      conn.setNoDelay(true);
    } catch {
      // Some systems refuse that when the other side has gone already; the first read says so.
    }
    this.#conn = conn;
    this.#reader = new FrameReader(frameBytesMax);
  }

  /** From now on refuses frames of more than this many bytes. */
  limit(frameBytesMax: number): void {
    this.#reader.limit(frameBytesMax);
  }

  /** Bytes that were added and that the network has not taken yet. */
  get backlog(): number {
    return this.#inFlight + this.#writer.length;
  }

  /** Whether the socket is closed on this side. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Is called whenever the network has taken everything. */
  onDrained(act: () => void): void {
    this.#drained = act;
  }

  /** Adds a frame to what the next {@linkcode flush} sends. */
  add(text: string): void {
    if (!this.#closed) this.#writer.add(text);
  }

  /** Sends what was added. Begins at once, and does not wait. */
  flush(): void {
    if (this.#inFlight === 0 && this.#writer.length > 0) this.#write();
  }

  /**
   * The next whole frame that has come, waiting for it; null when the other side has ended. It
   * lives until the next call.
   *
   * @throws {StreamError} if the stream cannot be trusted any further
   */
  async receive(): Promise<Uint8Array | null> {
    for (;;) {
      const frame = this.#reader.next();
      if (frame !== null) return frame;
      if (!await this.fill()) return null;
    }
  }

  /** The next whole frame that is already here, or null. */
  next(): Uint8Array | null {
    return this.#closed ? null : this.#reader.next();
  }

  /** Waits for more bytes; false when the other side has ended, or the socket is closed. */
  async fill(): Promise<boolean> {
    if (this.#closed) return false;
    try {
      const count = await this.#conn.read(this.#reader.space());
      if (count === null) return false;
      this.#reader.filled(count);
      return true;
    } catch {
      // Reset by the other side, or closed on this one: either way nothing more comes.
      return false;
    }
  }

  /** Sends what was added as the last thing, and closes in a way that lets it arrive. */
  async end(): Promise<void> {
    this.flush();
    const deadline = setTimeout(() => this.close(), LINGER_MS);
    try {
      while (this.backlog > 0 && !this.#closed) {
        await new Promise<void>((resolve) => {
          const before = this.#drained;
          this.#drained = () => {
            before();
            resolve();
          };
        });
      }
      if (this.#closed) return;
      await (this.#conn as Deno.TcpConn).closeWrite();
      // What is unread when a socket is closed resets the connection, and our answer with it.
      const ignored = new Uint8Array(16 * 1024);
      while (await this.#conn.read(ignored) !== null);
    } catch {
      // The other side has gone; there is nobody to tell.
    } finally {
      clearTimeout(deadline);
      this.close();
    }
  }

  /** Closes at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
    this.#drained();
  }

  async #write(): Promise<void> {
    try {
      while (this.#writer.length > 0 && !this.#closed) {
        let bytes: Uint8Array = this.#writer.take();
        this.#inFlight = bytes.length;
        while (bytes.length > 0) {
          const count = await this.#conn.write(bytes);
          bytes = bytes.subarray(count);
          this.#inFlight = bytes.length;
        }
      }
    } catch {
      this.close();
    }
    this.#inFlight = 0;
    this.#drained();
  }
}
