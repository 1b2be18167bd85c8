/**
 * Requests of which a refusal is one of the things that one wants to see.
 *
 * @module
 */

import { RequestError } from "../../errors.ts";
import type { Answered } from "./stage.ts";

/** What came of a request: its answer's value, or the replica's refusal. */
export interface Tried {
  /** What was answered; the error's code where it was refused. */
  readonly answer: string;
  /** The refusal, or null. */
  readonly refusal: RequestError | null;
  /** The answer with its times, or null. */
  readonly answered: Answered<string> | null;
}

/** Waits for the request's answer or refusal. What else can fail is thrown. */
export async function tried(request: Promise<Answered<string>>): Promise<Tried> {
  try {
    const answered = await request;
    return { answer: answered.value, refusal: null, answered };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { answer: error.code, refusal: error, answered: null };
  }
}
