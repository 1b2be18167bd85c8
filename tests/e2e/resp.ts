/**
 * A client of Redis's protocol that shares no code with the program, and may send anything.
 *
 * @module
 */

import { ANSWER_MS_MAX, concat } from "./raw.ts";

const encoder = new TextEncoder();

/** An argument: a text is sent as UTF-8. */
export type Argument = string | number | Uint8Array;

/** What a server answers, with bytes as one unit for each, so that all of them can be told apart. */
export type Answer =
  | string
  | number
  | null
  | boolean
  | readonly Answer[]
  | { readonly word: string }
  | { readonly error: string }
  | { readonly map: readonly (readonly [Answer, Answer])[] };

/** A command as an array of bulk strings. */
export function command(...args: readonly Argument[]): Uint8Array<ArrayBuffer> {
  return concat([
    encoder.encode(`*${args.length}\r\n`),
    ...args.flatMap((arg) => {
      const bytes = arg instanceof Uint8Array ? arg : encoder.encode(String(arg));
      return [encoder.encode(`$${bytes.length}\r\n`), bytes, encoder.encode("\r\n")];
    }),
  ]);
}

/** Bytes as an answer has them. */
export function units(text: string | Uint8Array): string {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** A connection to a server that speaks Redis's protocol. */
export class RespConnection implements Disposable {
  readonly #conn: Deno.TcpConn;
  #text = "";
  #at = 0;
  readonly #bytes = new Uint8Array(64 * 1024);

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects to `host:port`. */
  static async open(address: string): Promise<RespConnection> {
    const { hostname, port } = new URL(`tcp://${address}`);
    const conn = await Deno.connect({ hostname, port: Number(port) });
    conn.setNoDelay(true);
    return new RespConnection(conn);
  }

  /** Sends a command and waits for its answer. */
  async ask(...args: readonly Argument[]): Promise<Answer> {
    await this.write(command(...args));
    return await this.next();
  }

  /** Sends commands in one write and waits for their answers. */
  async askAll(commands: readonly (readonly Argument[])[]): Promise<Answer[]> {
    const [, answers] = await Promise.all([
      this.write(concat(commands.map((args) => command(...args)))),
      this.#next(commands.length),
    ]);
    return answers;
  }

  /** Sends bytes. */
  async write(bytes: Uint8Array | string): Promise<void> {
    let left = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
    while (left.length > 0) left = left.subarray(await this.#conn.write(left));
  }

  /** Says that nothing more comes. */
  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  /** The next answer. */
  async next(): Promise<Answer> {
    const line = await this.#line();
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return { word: rest };
      case "-":
        return { error: rest };
      case ":":
        return Number.isSafeInteger(Number(rest)) ? Number(rest) : rest;
      case "$":
        if (rest === "-1") return null;
        return (await this.#take(Number(rest) + 2)).slice(0, -2);
      case "*":
        return rest === "-1" ? null : await this.#next(Number(rest));
      case "%": {
        const pairs: [Answer, Answer][] = [];
        for (let i = 0; i < Number(rest); i++) pairs.push([await this.next(), await this.next()]);
        return { map: pairs };
      }
      case "_":
        return null;
      case "#":
        return rest === "t";
      default:
        throw new Error(`no answer begins so: ${JSON.stringify(line)}`);
    }
  }

  /** All that comes until the other side ends, which it must. */
  async rest(): Promise<string> {
    while (await this.#read());
    const rest = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    return rest;
  }

  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
  }

  async #next(count: number): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let i = 0; i < count; i++) answers.push(await this.next());
    return answers;
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\r\n", this.#at);
      if (end !== -1) return (await this.#take(end + 2 - this.#at)).slice(0, -2);
      await this.#more();
    }
  }

  async #take(length: number): Promise<string> {
    const parts = [this.#text.slice(this.#at)];
    let left = length - parts[0].length;
    this.#at += length;
    while (left > 0) {
      this.#text = "";
      this.#at = 0;
      await this.#more();
      parts.push(this.#text.slice(0, left));
      this.#at = Math.min(left, this.#text.length);
      left -= this.#at;
    }
    return parts.join("").slice(0, length);
  }

  async #more(): Promise<void> {
    if (!await this.#read()) throw new Error("the connection ended before the answer had come");
  }

  async #read(): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`nothing has come within ${ANSWER_MS_MAX} ms`);
      timer = setTimeout(() => reject(error), ANSWER_MS_MAX);
    });
    try {
      const count = await Promise.race([this.#conn.read(this.#bytes), late]);
      if (count === null) return false;
      this.#text = this.#text.slice(this.#at) + units(this.#bytes.subarray(0, count));
      this.#at = 0;
      return true;
    } finally {
      clearTimeout(timer);
    }
  }
}
