/**
 * A write on its way through a replica: what is asked, and who is told what came of it.
 *
 * @module
 */

import type { Fence, Operation, Result } from "../order/operation.ts";
import type { Reply, RequestOptions } from "../wire/message.ts";

/** Who has asked for a write, or a fence, and is told once what came of it. */
export interface Asker {
  /** The write was carried out, as the message `n` of this origin, and gave this. */
  carriedOut(result: Result, origin: number, n: number): void;
  /** The answer is another one. */
  answered(reply: Reply): void;
}

/** A write that is to be ordered. */
export interface WriteRequest {
  /** What is to be carried out; it bears no name. */
  readonly operation: Exclude<Operation, Fence>;
  readonly options: RequestOptions;
}
