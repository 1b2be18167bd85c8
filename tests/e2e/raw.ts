/**
 * A client that shares no code with the program: frames are made and read here, from what is
 * promised about the wire, and it may send anything else as well.
 *
 * @module
 */

/** An answer that has not come by then does not come. */
export const ANSWER_MS_MAX = 15_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Bytes as a frame: their length as four big-endian bytes, then they. */
export function frame(content: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof content === "string" ? encoder.encode(content) : content;
  return concat([lengthOf(bytes.length), bytes]);
}

/** The four bytes that announce a frame of this length. */
export function lengthOf(bytes: number): Uint8Array<ArrayBuffer> {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes);
  return length;
}

/** The frames of these forms, one behind the other. */
export function frames(forms: readonly unknown[]): Uint8Array<ArrayBuffer> {
  return concat(forms.map((form) => frame(JSON.stringify(form))));
}

/** Bytes, one behind the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** How many bytes a text stands for: a lone surrogate U+DC80 to U+DCFF is one that is no UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text.replaceAll(/[\udc80-\udcff]/gu, "x")).length;
}

/** A `set` with the right number of bytes. */
export function set(key: string, value: string, ...more: unknown[]): unknown[] {
  return ["set", key, value, byteLength(value), ...more];
}

/** What a replica sent: an array whose first element is a word, as a rule. */
export type Answer = readonly unknown[];

/** A connection to a client or peer port. */
export class RawConnection implements Disposable {
  readonly #conn: Deno.TcpConn;
  #buffer = new Uint8Array(64 * 1024);
  #start = 0;
  #end = 0;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects to `host:port`. */
  static async open(address: string): Promise<RawConnection> {
    const { hostname, port } = new URL(`tcp://${address}`);
    const conn = await Deno.connect({ hostname, port: Number(port) });
    conn.setNoDelay(true);
    return new RawConnection(conn);
  }

  /** Sends forms in one write. */
  send(...forms: unknown[]): Promise<void> {
    return this.write(frames(forms));
  }

  /** Sends bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
  }

  /** Says that nothing more will be sent. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Sends a form and gives its answer. */
  async ask(...form: unknown[]): Promise<Answer> {
    await this.send(form);
    return await this.receive();
  }

  /**
   * The next answer.
   *
   * @throws {Error} If the connection ends or is reset before, or none comes in time.
   */
  async receive(): Promise<Answer> {
    const answer = await this.next();
    if (answer === null) throw new Error("the connection has ended, and an answer was due");
    return answer;
  }

  /**
   * The next answer, or null when the other side has ended the connection.
   *
   * @throws {Error} If neither comes in time, or it ends within a frame.
   */
  async next(): Promise<Answer | null> {
    const timer = setTimeout(() => this.close(), ANSWER_MS_MAX);
    try {
      if (!await this.#fill(4)) return null;
      const { buffer, byteOffset } = this.#buffer;
      const length = new DataView(buffer, byteOffset).getUint32(this.#start);
      if (!await this.#fill(4 + length)) throw new Error("the connection has ended within a frame");
      const content = this.#buffer.subarray(this.#start + 4, this.#start + 4 + length);
      this.#start += 4 + length;
      const answer: unknown = JSON.parse(decoder.decode(content));
      if (!Array.isArray(answer)) throw new Error("an answer is an array");
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The answers until the other side ends the connection. */
  async rest(): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let answer = await this.next(); answer !== null; answer = await this.next()) {
      answers.push(answer);
    }
    return answers;
  }

  /** Ends the connection at once. */
  close(): void {
    try {
      this.#conn.close();
    } catch {
      // It is closed already.
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Reads until so many bytes are there; false if the other side ends before the first of them. */
  async #fill(count: number): Promise<boolean> {
    while (this.#end - this.#start < count) {
      this.#makeRoom(count);
      const read = await this.#conn.read(this.#buffer.subarray(this.#end));
      if (read === null) {
        if (this.#end > this.#start) throw new Error("the connection has ended within a frame");
        return false;
      }
      this.#end += read;
    }
    return true;
  }

  #makeRoom(count: number): void {
    if (this.#start + count <= this.#buffer.length && this.#end < this.#buffer.length) return;
    const left = this.#buffer.subarray(this.#start, this.#end);
    const buffer = new Uint8Array(Math.max(this.#buffer.length, 2 * count));
    buffer.set(left);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = left.length;
  }
}

/**
 * Well-behaved clients at some replicas, each reading back what it writes for as long as others
 * do whatever they do. Disposing of them ends them.
 */
export class Bystanders implements Disposable {
  readonly #runs: Promise<number>[];
  #ending = false;

  /** Starts one for each address. */
  constructor(addresses: readonly string[]) {
    this.#runs = addresses.map((address, i) => this.#run(address, `bystander ${i}`));
    // Who fails early is asked only at the end.
    for (const run of this.#runs) run.catch(() => {});
  }

  /**
   * Ends them.
   *
   * @returns How long the slowest answer took, in milliseconds.
   * @throws {Error} If one was answered wrongly, or not in time.
   */
  async end(): Promise<number> {
    this.#ending = true;
    return Math.max(...await Promise.all(this.#runs));
  }

  [Symbol.dispose](): void {
    this.#ending = true;
  }

  async #run(address: string, key: string): Promise<number> {
    using connection = await RawConnection.open(address);
    let slowest = 0;
    for (let i = 0; !this.#ending; i++) {
      const began = performance.now();
      const stored = await connection.ask(...set(key, String(i)));
      const between = performance.now();
      const value = await connection.ask("get", key);
      slowest = Math.max(slowest, between - began, performance.now() - between);
      if (stored[0] !== "STORED" || value[0] !== "VALUE" || value[2] !== String(i)) {
        throw new Error(`${key}: ${i} became ${JSON.stringify([stored, value])}`);
      }
    }
    return slowest;
  }
}
