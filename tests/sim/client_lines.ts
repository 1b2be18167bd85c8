/**
 * What the simulator's clients ask and are told, as lines of a trace. It is told when it is
 * answered, as servers do.
 *
 * @module
 */

import type { AnswerLine, InvokeLine, TraceLine } from "../../lib/trace/line.ts";

/** A request, and when it came, in microseconds. */
export type Request = Omit<InvokeLine, "type" | "process" | "client" | "session">;

/** The lines of all clients of a run. */
export class ClientLines {
  readonly #write: (line: TraceLine) => void;
  /** By process: where its connection is, and until when it waits for an answer. */
  readonly #processes: { readonly connection: string; until: number }[] = [];

  /** Gives its lines to `write`: an `invoke` is older than lines that were given before it. */
  constructor(write: (line: TraceLine) => void) {
    this.#write = write;
  }

  /** A request is answered; connections end with the replica's process, its `life`. */
  answered(request: Request, life: number, answer: Omit<AnswerLine, "process">): void {
    const process = this.#processAt(`${request.replica} ${life}`, request.at, answer.at);
    this.#write({ type: "invoke", process, ...request });
    this.#write({ ...answer, process });
  }

  /** The first of that connection's that waited for nothing then. */
  #processAt(connection: string, from: number, until: number): number {
    const found = this.#processes.findIndex((process) =>
      process.connection === connection && process.until < from
    );
    if (found < 0) return this.#processes.push({ connection, until }) - 1;
    this.#processes[found].until = until;
    return found;
  }
}
