/**
 * A server that speaks the wire forms, for tests: by itself a small store, or by script.
 *
 * @module
 */

import { FrameReader, FrameWriter } from "../../lib/wire/frame.ts";
import { decodeRequest, encodeReply, type Reply, type Request } from "../../lib/wire/message.ts";
import { WIRE_LIMITS } from "../../lib/limits.ts";
import { carryOut } from "../../lib/store/apply.ts";
import { errorReply, resultReply, type Status } from "../../lib/wire/message.ts";

/** What it says of its requests of one kind. */
const COUNTS = {
  answered: {
    eventual: { ok: 0, failed: 0 },
    sequential: { ok: 3, failed: 1 },
    linearizable: { ok: 0, failed: 0 },
  },
  latencies: { counts: [2, 1, 1], sumMs: 25.5 },
};

/** What the server says of itself. */
export const STATUS: Status = {
  id: 0,
  replicas: 3,
  consistency: "sequential",
  version: "0.1.0",
  state: "live",
  view: { ballot: [1, 0], members: [0, 1, 2] },
  hears: [1, 2],
  suspects: [],
  missing: [],
  peers: [
    { id: 1, state: "live", index: 7, lag: 0, member: true },
    { id: 2, state: "live", index: 5, lag: 2, member: true },
  ],
  delivered: 7,
  applied: 7,
  lag: 0,
  staleness: 0,
  obstacle: null,
  joining: null,
  pending: 0,
  outbox: 0,
  outboxBytes: 0,
  keys: 2,
  store: "memory",
  fsync: "always",
  fsyncP99: 2.5,
  requestTimeout: 5_000,
  uptime: 61_000,
  clients: 1,
  requests: { boundsMs: [1, 10], read: COUNTS, write: COUNTS },
  cluster: "00000000-0000-4000-8000-000000000000",
  identity: "00000000-0000-4000-8000-000000000001",
  counts: true,
};

/** One client's connection, as a script sees it. */
export interface Peer {
  /** Sends bytes as they are. */
  send(bytes: Uint8Array): Promise<void>;
  /** Sends a reply, framed. */
  reply(reply: Reply): Promise<void>;
  /** Closes the connection. */
  close(): void;
}

/** What a script does with a request, and with the whole of what came in one read. */
export interface Script {
  /** What its status says otherwise than {@linkcode STATUS}; answered before any other word. */
  status?: Partial<Status>;
  /** Called for each request; unless given, the small store answers. */
  request?(request: Request, peer: Peer): void | Promise<void>;
  /** Called with the requests that came in one read. */
  batch?(requests: Request[]): void;
  /** Called for a new connection. */
  accept?(peer: Peer): void | Promise<void>;
}

/** The bytes of replies, framed. */
export function frames(...replies: Reply[]): Uint8Array<ArrayBuffer> {
  const writer = new FrameWriter();
  for (const reply of replies) writer.add(encodeReply(reply));
  return writer.take();
}

/** Listens on a free port of 127.0.0.1 until disposed of. */
export class FakeServer {
  /** What the small store holds. */
  readonly held = new Map<string, string>();
  readonly #listener: Deno.TcpListener;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #script: Script;
  #isListening = true;

  /** Begins to listen, on this port or a free one. */
  constructor(script: Script = {}, port = 0) {
    this.#script = script;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#accept();
  }

  /** The port it listens on. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Its address, as `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** How many clients are connected. */
  get clients(): number {
    return this.#conns.size;
  }

  /** Closes all connections, and goes on listening. */
  hangUp(): void {
    for (const conn of this.#conns) closeQuietly(conn);
    this.#conns.clear();
  }

  /** Stops listening and closes all connections. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#isListening) this.#listener.close();
    this.#isListening = false;
    this.hangUp();
  }

  /** What the small store answers. */
  answer(request: Request): Reply[] {
    const token = [this.held.size];
    switch (request.type) {
      case "write": {
        const result = carryOut(request.operation, this.held);
        return [resultReply(result, [this.held.size])];
      }
      case "get": {
        const value = this.held.get(request.key);
        if (value === undefined) return [{ type: "end", token }];
        return [{ type: "value", key: request.key, value, token }];
      }
      case "outcome":
        return [{ type: "outcome", outcome: "unknown", token, details: {} }];
      case "status":
        return [{ type: "status", status: { ...STATUS, keys: this.held.size } }];
      case "dump":
      case "keys": {
        const found = [...this.held].filter(([key]) => key.startsWith(request.prefix)).sort();
        const isDump = request.type === "dump";
        return [
          ...found.map(([key, value]): Reply =>
            isDump ? { type: "value", key, value, token } : { type: "key", key }
          ),
          { type: "end", token },
        ];
      }
    }
  }

  async #accept(): Promise<void> {
    try {
      for await (const conn of this.#listener) {
        this.#conns.add(conn);
        this.#serve(conn).finally(() => {
          this.#conns.delete(conn);
          closeQuietly(conn);
        });
      }
    } catch {
      // It was closed.
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    const reader = new FrameReader(WIRE_LIMITS.frameBytes);
    const peer = new ScriptPeer(conn);
    try {
      await this.#script.accept?.(peer);
      for (let count; (count = await conn.read(reader.space())) !== null;) {
        reader.filled(count);
        await this.#answerAll(reader, peer);
      }
    } catch {
      // The client is gone, or the script has closed.
    }
  }

  async #answerAll(reader: FrameReader, peer: Peer): Promise<void> {
    const requests: Request[] = [];
    for (let frame = reader.next(); frame !== null; frame = reader.next()) {
      try {
        requests.push(decodeRequest(frame, WIRE_LIMITS));
      } catch (error) {
        await peer.reply(errorReply(error));
      }
    }
    this.#script.batch?.(requests);
    for (const request of requests) {
      if (request.type === "status" && this.#script.status !== undefined) {
        await peer.reply({ type: "status", status: { ...STATUS, ...this.#script.status } });
      } else if (this.#script.request === undefined) {
        await peer.send(frames(...this.answer(request)));
      } else await this.#script.request(request, peer);
    }
  }
}

class ScriptPeer implements Peer {
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  async send(bytes: Uint8Array): Promise<void> {
    while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
  }

  reply(reply: Reply): Promise<void> {
    return this.send(frames(reply));
  }

  close(): void {
    closeQuietly(this.#conn);
  }
}

function closeQuietly(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
