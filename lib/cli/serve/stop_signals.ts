/**
 * The signals that stop a server.
 *
 * @module
 */

import { EXIT_INTERRUPTED } from "../command.ts";
import { note } from "../output.ts";

/** The signals that ask the server to stop; a second Ctrl-C does not wait. */
export class StopSignals implements Disposable {
  readonly #abort = new AbortController();
  readonly #stop = Promise.withResolvers<undefined>();
  readonly #handlers: [Deno.Signal, () => void][] = [
    ["SIGINT", () => this.#interrupt()],
    ["SIGTERM", () => this.#ask()],
    ["SIGHUP", () => this.#ask()],
  ];

  /** Listens from now on. */
  constructor() {
    for (const [signal, handler] of this.#handlers) Deno.addSignalListener(signal, handler);
  }

  /** Aborted when the server is asked to stop. */
  get asked(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves when the server is asked to stop. */
  get stop(): Promise<undefined> {
    return this.#stop.promise;
  }

  /** Listens no more. */
  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) Deno.removeSignalListener(signal, handler);
  }

  #ask(): void {
    this.#abort.abort();
    this.#stop.resolve(undefined);
  }

  #interrupt(): void {
    if (this.#abort.signal.aborted) Deno.exit(EXIT_INTERRUPTED);
    note("stopping; Ctrl-C again ends at once");
    this.#ask();
  }
}
