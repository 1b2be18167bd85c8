/**
 * One accepted or dialled socket: reads into one reused buffer, gathers what is sent, and has one
 * write under way at a time.
 *
 * @module
 */

import { LINGER_MS } from "../limits.ts";

/** Takes the bytes that come. */
export interface Input {
  /** Free room to read into. */
  space(): Uint8Array;
  /** So many bytes have been read into it. */
  filled(count: number): void;
}

/** Gathers the bytes that go out. */
export interface Output {
  /** How many have been gathered. */
  readonly length: number;
  /** Gives them out, as bytes that nobody changes until the next call. */
  take(): Uint8Array;
}

/** A socket between what reads its bytes and what writes them. */
export class Socket<I extends Input, O extends Output> {
  /** What takes the bytes that come. */
  readonly input: I;
  /** What gathers the bytes that the next {@linkcode flush} sends. */
  readonly output: O;
  readonly #conn: Deno.TcpConn;
  #inFlight = 0;
  #writing = false;
  /** Whether something was to be sent while something else was. */
  #again = false;
  #closed = false;
  #drained: () => void = () => {};

  /** Takes the connection over. */
  constructor(conn: Deno.TcpConn, input: I, output: O) {
    try {
      conn.setNoDelay(true);
    } catch {
      // Some systems refuse that when the other side has gone already; the first read says so.
    }
    this.#conn = conn;
    this.input = input;
    this.output = output;
  }

  /** Bytes that were gathered and that the network has not taken yet. */
  get backlog(): number {
    return this.#inFlight + this.output.length;
  }

  /** Whether the socket is closed on this side. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Is called whenever the network has taken everything. */
  onDrained(act: () => void): void {
    this.#drained = act;
  }

  /** Sends what was gathered. Begins at once, and does not wait. */
  flush(): void {
    if (this.#writing) this.#again = true;
    else if (this.output.length > 0) this.#write();
  }

  /** Waits for more bytes; false when the other side has ended, or the socket is closed. */
  fill(): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    return this.#conn.read(this.input.space()).then(this.#filled, this.#unread);
  }

  readonly #filled = (count: number | null): boolean => {
    if (count === null) return false;
    this.input.filled(count);
    return true;
  };

  // Reset by the other side, or closed on this one: either way nothing more comes.
  readonly #unread = (): boolean => false;

  /** Sends what was gathered as the last thing, and closes in a way that lets it arrive. */
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
      await this.#conn.closeWrite();
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

  /** What is gathered meanwhile waits for a flush of its own: it may be in no hurry. */
  async #write(): Promise<void> {
    this.#writing = this.#again = true;
    try {
      while (this.#again && this.output.length > 0 && !this.#closed) {
        this.#again = false;
        let bytes = this.output.take();
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
    this.#writing = false;
    this.#drained();
  }
}
