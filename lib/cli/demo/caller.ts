/**
 * Who asks: one of the demo's clients, whose operations are recorded one after the other.
 *
 * @module
 */

import type { Asked, RecordedProcess, Recorder } from "../../chaos/recorder.ts";
import { ConnectionError, RequestError, TimeoutError } from "../../errors.ts";
import type { Token } from "../../wire/message.ts";
import type { Asker, Scenery, Threads } from "./scenery.ts";

/** A client of the demo. */
export class Caller {
  readonly #recorder: Recorder;
  #process: RecordedProcess;

  /** It has asked nothing yet. */
  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#process = recorder.process();
  }

  /** What every operation that it asks says in the history. */
  get facts(): Pick<Asked, "session"> {
    return {};
  }

  /** Asks at a replica. */
  async ask<T>(
    scenery: Scenery,
    replica: number,
    ask: (asker: Asker) => Promise<T>,
  ): Promise<T> {
    return await ask(await scenery.client(replica));
  }

  /** Records that it asks. */
  asked(asked: Asked): void {
    this.#process.invoke(asked);
  }

  /** Records the answer: of a read the value, null for none. */
  answered(value: string | null | undefined): void {
    this.#process.ok(value);
  }

  /** Records that there was no success, as far as the error is about the request. */
  failed({ op }: Asked, error: unknown): void {
    if (!isFailure(error)) return;
    if (op === "get" || !error.maybe) return this.#process.fail(codeOf(error));
    this.#process.info(codeOf(error));
    // Whatever becomes of it, it is no longer in this client's way.
    this.#process = this.#recorder.process();
  }
}

/** A client that moves between replicas, and carries a session token. */
export class SessionCaller extends Caller {
  readonly #threads: Threads;
  #token: Token = [];

  /** Its session begins. */
  constructor(recorder: Recorder, threads: Threads) {
    super(recorder);
    this.#threads = threads;
  }

  override get facts(): Pick<Asked, "session"> {
    return { session: true };
  }

  /** What its answers have depended on so far. */
  get token(): Token {
    return this.#token;
  }

  override async ask<T>(
    _scenery: Scenery,
    replica: number,
    ask: (asker: Asker) => Promise<T>,
  ): Promise<T> {
    using session = await this.#threads.session(replica, this.#token);
    const answer = await ask(session);
    this.#token = session.token;
    return answer;
  }
}

/** A request that was refused, lost or not answered in time. */
export type Failure = RequestError | ConnectionError | TimeoutError;

/** Whether the error says what became of a request. */
export function isFailure(error: unknown): error is Failure {
  return error instanceof RequestError || error instanceof ConnectionError ||
    error instanceof TimeoutError;
}

/** The kind of failure, in a word. */
export function codeOf(error: Failure): string {
  if (error instanceof RequestError) return error.code;
  return error instanceof ConnectionError ? "connection" : "no_answer";
}
