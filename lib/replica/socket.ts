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

const NOTHING = new Uint8Array(0);

/** A socket between what reads its bytes and what writes them. */
export class Socket<I extends Input, O extends Output> {
  /** What takes the bytes that come. */
  readonly input: I;
  /** What gathers the bytes that the next {@linkcode flush} sends. */
  readonly output: O;
  readonly #conn: Deno.TcpConn;
  /** What the network has not taken yet of the write that is under way. */
  #unwritten: Uint8Array = NOTHING;
  #writing = false;
  /** Whether something was to be sent while something else was. */
  #again = false;
  #closed = false;
  #drained: () => void = () => {};
  /** Whoever waits for bytes. */
  #filled: (isMore: boolean) => void = () => {};

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
    return this.#unwritten.length + this.output.length;
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
    else if (this.output.length > 0 && !this.#closed) this.#write(this.output.take());
  }

  /** Waits for more bytes; false when the other side has ended, or the socket is closed. */
  fill(): Promise<boolean> {
    return new Promise((resolve) => this.fillThen(resolve));
  }

  /** The same for whom a promise for each read would cost too much: calls it with the answer. */
  fillThen(filled: (isMore: boolean) => void): void {
    this.#filled = filled;
    if (this.#closed) filled(false);
    else this.#conn.read(this.input.space()).then(this.#read, this.#unread);
  }

  readonly #read = (count: number | null): void => {
    if (count !== null) this.input.filled(count);
    this.#filled(count !== null);
  };

  // Reset by the other side, or closed on this one: either way nothing more comes.
  readonly #unread = (): void => this.#filled(false);

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

  // No async function: it is called for each answer, and would cost as much again.
  #write(bytes: Uint8Array): void {
    this.#writing = true;
    this.#unwritten = bytes;
    this.#conn.write(bytes).then(this.#written, this.#failed);
  }

  /** What was gathered meanwhile waits for a flush of its own: it may be in no hurry. */
  readonly #written = (count: number): void => {
    if (count < this.#unwritten.length) return this.#write(this.#unwritten.subarray(count));
    this.#unwritten = NOTHING;
    this.#writing = false;
    const again = this.#again;
    this.#again = false;
    if (again) this.flush();
    if (!this.#writing) this.#drained();
  };

  readonly #failed = (): void => {
    this.#unwritten = NOTHING;
    this.#writing = false;
    this.close();
  };
}
