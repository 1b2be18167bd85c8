/**
 * HTTP as it is on the wire, for tests that send what no client library would.
 *
 * @module
 */

import { ANSWER_MS_MAX, concat } from "./raw.ts";

const encoder = new TextEncoder();
/** Each byte is a character: headers are, and values may be anything. */
const decoder = new TextDecoder("latin1");

/** What a server has answered. */
export interface HttpAnswer {
  readonly status: number;
  /** By names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A request as text; its lines end as HTTP wants it. */
export function request(
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = "",
): Uint8Array<ArrayBuffer> {
  const all = { host: "localhost", connection: "close", ...headers };
  const lines = [`${line} HTTP/1.1`, ...Object.entries(all).map(([name, is]) => `${name}: ${is}`)];
  const head = encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
  return concat([head, typeof body === "string" ? encoder.encode(body) : body]);
}

/** Sends these bytes on a connection of their own, and gives all that comes until that ends. */
export async function exchange(address: string, ...parts: readonly Uint8Array[]): Promise<string> {
  return await exchangeUntil(() => false, address, parts);
}

/** Sends a request as it is, and reads its answer. */
export async function ask(address: string, ...parts: readonly Uint8Array[]): Promise<HttpAnswer> {
  return readAnswer(await exchangeUntil(isWhole, address, parts));
}

/**
 * Sends these bytes, and gives what comes until that is enough, or the connection ends.
 *
 * @throws {Error} if neither happens in time
 */
async function exchangeUntil(
  isEnough: (text: string) => boolean,
  address: string,
  parts: readonly Uint8Array[],
): Promise<string> {
  const { hostname, port } = new URL(`tcp://${address}`);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    conn.close();
  }, ANSWER_MS_MAX);
  try {
    return (await Promise.all([read(conn, isEnough), writeAll(conn, parts)]))[0];
  } catch (error) {
    if (isLate) throw new Error("the connection does not end", { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The answer that a text is. */
export function readAnswer(text: string): HttpAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [first, ...lines] = text.slice(0, end).split("\r\n");
  const [, status] = /^HTTP\/1\.[01] (\d{3}) /.exec(first) ?? [];
  if (end < 0 || status === undefined) throw new Error(`no answer: ${JSON.stringify(text)}`);
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  return { status: Number(status), headers, body: text.slice(end + 4) };
}

/** Whether this is an answer that says how long it is, and is so long. */
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, end + 1))?.[1];
  return length !== undefined && text.length >= end + 4 + Number(length);
}

async function read(conn: Deno.TcpConn, isEnough: (text: string) => boolean): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  try {
    while (!isEnough(text)) {
      const count = await conn.read(buffer);
      if (count === null) break;
      text += decoder.decode(buffer.subarray(0, count));
    }
  } catch (error) {
    // What it has said before it reset the connection is an answer all the same.
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return text;
}

/** Who refuses a request may read no further. */
async function writeAll(conn: Deno.TcpConn, parts: readonly Uint8Array[]): Promise<void> {
  try {
    for (let bytes of parts) {
      while (bytes.length > 0) bytes = bytes.subarray(await conn.write(bytes));
    }
  } catch (error) {
    const isRefused = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.ConnectionReset;
    if (!isRefused) throw error;
  }
}

/** Reads the events of a stream, one after the other. */
export class EventReader implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  private constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Begins to watch. */
  static async open(address: string): Promise<EventReader> {
    const { status, body } = await fetch(`http://${address}/events`);
    if (status !== 200 || body === null) throw new Error(`events are answered with ${status}`);
    return new EventReader(body);
  }

  /** The next event's text; null if the stream has ended. */
  async next(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) return null;
        this.#text += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const event = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      if (event.startsWith("data: ")) return event.slice("data: ".length);
    }
  }

  /** Watches no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}
