/**
 * A client under faults: it does one operation after the other, tries again what was not
 * answered, asks what became of what it does not know, and records all of it.
 *
 * @module
 */

import type { Client } from "../client/mod.ts";
import { connect } from "../client/mod.ts";
import type { Consistency } from "../consistency.ts";
import { ConnectionError, RequestError, TimeoutError } from "../errors.ts";
import { CHAOS_CONNECT_MS, CHAOS_REPLY_GRACE_MS, CHAOS_REQUEST_MS } from "../limits.ts";
import type { Reply, Request, RequestOptions, Token } from "../wire/message.ts";
import { byteLength } from "../bytes.ts";
import { invariant } from "../invariant.ts";
import { pause } from "./pause.ts";
import type { Random } from "./random.ts";
import type { Asked, RecordedProcess, Recorder } from "./recorder.ts";
import { RespClient } from "./resp_client.ts";

/** How a client behaves. */
export interface Style {
  /** As it is called; also what its keys begin with. */
  readonly name: string;
  /** The levels that it asks for. */
  readonly levels: readonly Consistency[];
  /** Whether it goes from replica to replica; otherwise it is a client of one. */
  readonly moves: boolean;
  /** Whether it carries a token. */
  readonly session: boolean;
  /** Whether it speaks Redis's protocol: its writes bear no id, and are not tried again. */
  readonly resp?: boolean;
}

/** The styles, dealt to the clients in turn. */
export const STYLES: readonly Style[] = [
  { name: "eventual", levels: ["eventual"], moves: false, session: false },
  { name: "sequential", levels: ["sequential"], moves: false, session: false },
  { name: "linearizable", levels: ["linearizable"], moves: true, session: false },
  { name: "resp", levels: ["sequential"], moves: false, session: false, resp: true },
  { name: "session", levels: ["eventual", "sequential"], moves: true, session: true },
];

/** Whom a client can ask. */
export interface Replicas {
  /** By id: `host:port`. */
  readonly addresses: readonly string[];
  /** Resolves when the replica takes `eventual` writes of clients. */
  mayWriteEventually(replica: number): Promise<void>;
}

/** What a client is made from. */
export interface LoadClientOptions {
  readonly style: Style;
  /** The replica that it begins with. */
  readonly replica: number;
  readonly replicas: Replicas;
  readonly random: Random;
  readonly recorder: Recorder;
  /** How many keys each group of keys has. */
  readonly keys: number;
  /** Makes a name for a write that no other has. */
  readonly name: (level: Consistency) => string;
}

/** How often an operation is tried. */
const TRIES_MAX = 3;

/** How long a client asks what came of it: the replica that it asks may have to be started again. */
const FIND_OUT_MS = 7_000;

/** Between two tries. */
const RETRY_MS_MIN = 30;
const RETRY_MS_MAX = 400;

/** Between two operations: a replica that answers at once must not keep the machine to itself. */
const THINK_MS_MAX = 5;

const WRITE_SHARE = 0.55;
/** Of the operations: on keys that clients of all levels use … */
const SHARED_SHARE = 0.3;
/** … and on keys that are also deleted. */
const DELETED_SHARE = 0.1;
/** Of a client's operations that goes from replica to replica: those before which it goes. */
const MOVE_SHARE = 0.1;

/** What a try has come to. */
type Tried =
  | { readonly type: "ok"; readonly value?: string | null }
  | { readonly type: "failed"; readonly maybe: boolean; readonly code: string };

/** A client. */
export class LoadClient {
  readonly #options: LoadClientOptions;
  #process: RecordedProcess;
  #replica: number;
  #client: Client | null = null;
  #respClient: RespClient | null = null;
  #token: readonly number[] = [];

  /** Nothing is asked yet. */
  constructor(options: LoadClientOptions) {
    this.#options = options;
    this.#process = options.recorder.process();
    this.#replica = options.replica;
  }

  /** Does one operation after the other until the signal says that it is enough. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, style } = this.#options;
    try {
      while (!signal.aborted) {
        if (style.moves && random.chance(MOVE_SHARE)) this.#move();
        await this.#operate(this.#ask(), signal);
        await pause(random.int(0, THINK_MS_MAX), signal);
      }
    } finally {
      this.#client?.close();
      this.#respClient?.close();
    }
  }

  /** The next operation. */
  #ask(): Asked {
    const { random, style, name } = this.#options;
    const chance = random.next();
    const isDeleted = chance < DELETED_SHARE;
    const group = isDeleted
      ? "deleted"
      : chance < DELETED_SHARE + SHARED_SHARE
      ? "shared"
      : style.name;
    const facts = {
      key: `${group}-${random.int(1, this.#options.keys)}`,
      level: random.pick(style.levels),
      replica: this.#replica,
      ...(style.session && { session: true }),
    };
    if (!random.chance(WRITE_SHARE)) return { op: "get", ...facts };
    const id = name(facts.level);
    if (style.resp) return { op: "set", value: id, ...facts };
    if (isDeleted && random.chance(0.5)) return { op: "delete", id, ...facts };
    return { op: "set", value: id, id, ...facts };
  }

  async #operate(asked: Asked, signal: AbortSignal): Promise<void> {
    this.#process.invoke(asked);
    const tried = await this.#tryOften(asked, signal);
    if (tried.type === "ok") return this.#process.ok(tried.value);
    if (!tried.maybe) return this.#process.fail(tried.code);
    const outcome = await this.#findOut(asked, signal);
    if (outcome === "applied") return this.#process.ok();
    if (outcome === "never") return this.#process.fail(tried.code);
    this.#process.info(tried.code);
    // Whatever becomes of it, it is no longer in this process's way.
    this.#process = this.#options.recorder.process();
    this.#token = [];
  }

  /** Asks until there is an answer; what may have happened once may have, whatever follows. */
  async #tryOften(asked: Asked, signal: AbortSignal): Promise<Tried> {
    let maybe = false;
    for (let tries = 1;; tries++) {
      const tried = await this.#try(asked);
      if (tried.type === "ok") return tried;
      maybe ||= tried.maybe;
      const isOver = tries === TRIES_MAX || signal.aborted;
      // Without an id, a second try could be carried out besides the first.
      if (isOver || (maybe && this.#options.style.resp)) return { ...tried, maybe };
      await this.#retryPause(signal);
    }
  }

  async #retryPause(signal: AbortSignal): Promise<void> {
    const { random, style } = this.#options;
    await pause(random.scaled(RETRY_MS_MIN, RETRY_MS_MAX), signal);
    if (style.moves) this.#move();
  }

  async #try(asked: Asked): Promise<Tried> {
    if (asked.op !== "get" && asked.level === "eventual") {
      await this.#options.replicas.mayWriteEventually(this.#replica);
    }
    try {
      if (this.#options.style.resp) return await this.#tryResp(asked);
      const reply = await this.#request(requestOf(asked, this.#optionsOf(asked)));
      if (reply.type === "error") {
        const { code, details } = reply;
        return { type: "failed", maybe: asked.op !== "get" && details.maybe === true, code };
      }
      if ("token" in reply) this.#merge(reply.token);
      return { type: "ok", value: reply.type === "value" ? reply.value : null };
    } catch (error) {
      return failed(error);
    }
  }

  async #tryResp(asked: Asked): Promise<Tried> {
    if (this.#respClient === null || this.#respClient.closed) {
      const address = this.#options.replicas.addresses[this.#replica];
      this.#respClient = await RespClient.connect(address, asked.level);
    }
    if (asked.op === "get") return { type: "ok", value: await this.#respClient.get(asked.key) };
    invariant(asked.op === "set", "a client of Redis's protocol sets and gets");
    await this.#respClient.set(asked.key, asked.value);
    return { type: "ok", value: null };
  }

  #optionsOf(asked: Asked): RequestOptions {
    return {
      consistency: asked.level,
      timeout: CHAOS_REQUEST_MS,
      ...(asked.session && this.#token.length > 0 && { token: this.#token }),
      ...(asked.op !== "get" && { id: asked.id }),
    };
  }

  /** What came of a write, as far as a replica can tell. */
  async #findOut(
    asked: Asked,
    signal: AbortSignal,
  ): Promise<"applied" | "never" | "unknown"> {
    if (asked.op === "get" || asked.id === undefined) return "unknown";
    const options = { consistency: asked.level, timeout: CHAOS_REQUEST_MS };
    const until = performance.now() + FIND_OUT_MS;
    while (performance.now() < until && !signal.aborted) {
      try {
        const reply = await this.#request({ type: "outcome", id: asked.id, options });
        if (reply.type === "outcome" && reply.outcome !== "unknown") {
          this.#merge(reply.token);
          return reply.outcome;
        }
      } catch (error) {
        failed(error);
      }
      await this.#retryPause(signal);
    }
    return "unknown";
  }

  async #request(request: Request): Promise<Reply> {
    const client = await this.#connected();
    const [reply] = await client.request(request);
    return reply;
  }

  async #connected(): Promise<Client> {
    if (this.#client !== null) return this.#client;
    const client = await connect(this.#options.replicas.addresses[this.#replica], {
      timeoutMs: CHAOS_CONNECT_MS,
      graceMs: CHAOS_REPLY_GRACE_MS,
    });
    this.#client = client;
    client.closed.then(() => {
      if (this.#client === client) this.#client = null;
    });
    return client;
  }

  #move(): void {
    const { random, replicas } = this.#options;
    this.#replica = random.int(0, replicas.addresses.length - 1);
    this.#client?.close();
    this.#client = null;
  }

  #merge(token: Token): void {
    if (!this.#options.style.session) return;
    const longer = token.length > this.#token.length ? token : this.#token;
    this.#token = longer.map((_, origin) => Math.max(token[origin] ?? 0, this.#token[origin] ?? 0));
  }
}

function requestOf(asked: Asked, options: RequestOptions): Request {
  switch (asked.op) {
    case "get":
      return { type: "get", key: asked.key, options };
    case "delete":
      return { type: "write", operation: { type: "delete", key: asked.key }, options };
    case "set": {
      const { key, value } = asked;
      const operation = { type: "set", key, value, bytes: byteLength(value) } as const;
      return { type: "write", operation, options };
    }
  }
}

function failed(error: unknown): Tried {
  if (error instanceof ConnectionError) {
    return { type: "failed", maybe: error.maybe, code: "connection" };
  }
  if (error instanceof TimeoutError) {
    return { type: "failed", maybe: error.maybe, code: "no_answer" };
  }
  if (error instanceof RequestError) {
    return { type: "failed", maybe: error.maybe, code: error.code };
  }
  throw error;
}
