/**
 * What the program and the worker that makes the load say to each other.
 *
 * @module
 */

import type { LoadProgress, LoadResult, LoadSettings } from "./load.ts";

/** To the worker. */
export type LoadOrder =
  | { readonly type: "make"; readonly settings: LoadSettings }
  /** Give back what was measured so far. */
  | { readonly type: "stop" };

/** From the worker. */
export type LoadNews =
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "done"; readonly result: LoadResult }
  | {
    readonly type: "failed";
    readonly text: string;
    /** Whether there were too few file descriptors. */
    readonly tooManyFiles: boolean;
  };
