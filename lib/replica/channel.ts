/**
 * One accepted or dialled socket as a stream of frames.
 *
 * @module
 */

import { FrameReader, FrameWriter } from "../wire/frame.ts";
import { Socket } from "./socket.ts";

/** A socket as a stream of frames. */
export class Channel extends Socket<FrameReader, FrameWriter> {
  /** Takes the socket over; frames of more than `frameBytesMax` bytes are refused. */
  constructor(conn: Deno.TcpConn, frameBytesMax: number) {
    super(conn, new FrameReader(frameBytesMax), new FrameWriter());
  }

  /** From now on refuses frames of more than this many bytes. */
  limit(frameBytesMax: number): void {
    this.input.limit(frameBytesMax);
  }

  /** Adds a frame to what the next {@linkcode flush} sends. */
  add(text: string): void {
    if (!this.closed) this.output.add(text);
  }

  /**
   * The next whole frame that has come, waiting for it; null when the other side has ended. It
   * lives until the next call.
   *
   * @throws {StreamError} if the stream cannot be trusted any further
   */
  async receive(): Promise<Uint8Array | null> {
    for (;;) {
      const frame = this.input.next();
      if (frame !== null) return frame;
      if (!await this.fill()) return null;
    }
  }

  /** The next whole frame that is already here, or null. */
  next(): Uint8Array | null {
    return this.closed ? null : this.input.next();
  }
}
