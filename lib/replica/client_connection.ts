/**
 * A connection to the client port, in the protocol that its first byte tells.
 *
 * @module
 */

import { RespReader } from "../wire/resp_reader.ts";
import { RespWriter } from "../wire/resp_writer.ts";
import { Channel } from "./channel.ts";
import { type RespReplica, RespSession } from "./resp/session.ts";
import { Session } from "./session.ts";
import { Socket } from "./socket.ts";

const STAR = 0x2a;

/** A client's connection. */
export class ClientConnection {
  readonly #replica: RespReplica;
  readonly #conn: Deno.TcpConn;
  /** Null until the first byte has come. */
  #session: Session | RespSession | null = null;
  #closed = false;

  /** Takes the connection over. */
  constructor(replica: RespReplica, conn: Deno.TcpConn) {
    this.#replica = replica;
    this.#conn = conn;
  }

  /** Whether a request waits, or is under way, or its answer is not sent yet. */
  get busy(): boolean {
    return this.#session?.busy ?? false;
  }

  /** Serves it until it ends. */
  async serve(): Promise<void> {
    const first = await this.#first();
    if (first === null) return this.close();
    if (isResp(first[0])) await this.#serveResp(first);
    else await this.#serveFrames(first);
  }

  /** Reads no further request. */
  stopReading(): void {
    this.#session?.stopReading();
  }

  /** Ends it at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#session !== null) return this.#session.close();
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
  }

  async #first(): Promise<Uint8Array | null> {
    const first = new Uint8Array(1);
    try {
      return await this.#conn.read(first) === null || this.#closed ? null : first;
    } catch {
      // Reset by the other side, or closed on this one.
      return null;
    }
  }

  async #serveFrames(first: Uint8Array): Promise<void> {
    const channel = new Channel(this.#conn, this.#replica.limits.frameBytes);
    channel.input.push(first);
    this.#session = new Session(this.#replica, channel);
    await this.#session.serve();
  }

  async #serveResp(first: Uint8Array): Promise<void> {
    const { limits, clients } = this.#replica;
    const input = new RespReader(limits.frameBytes);
    input.push(first);
    const socket = new Socket(this.#conn, input, new RespWriter());
    const client = clients.add(addressOf(this.#conn), this.#replica.now());
    this.#session = new RespSession(this.#replica, socket, client);
    try {
      await this.#session.serve();
    } finally {
      clients.delete(client);
    }
  }
}

/**
 * Whether this begins a command of Redis's protocol: an array, or a word. A frame begins with its
 * length, which is far less than that would be.
 */
function isResp(first: number): boolean {
  const letter = first | 0x20;
  return first === STAR || (letter >= 0x61 && letter <= 0x7a);
}

function addressOf(conn: Deno.TcpConn): string {
  const { hostname, port } = conn.remoteAddr;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
