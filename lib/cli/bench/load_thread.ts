/**
 * Makes a load in a thread of its own.
 *
 * @module
 */

import { FailedError } from "../../errors.ts";
import { descriptorsFor, tooManyFiles } from "./descriptors.ts";
import type { LoadProgress, LoadResult, LoadSettings } from "./load.ts";
import type { LoadNews, LoadOrder } from "./load_message.ts";

/** How it is made. */
export interface LoadThreadOptions {
  /** When it aborts, the load gives back what it has. */
  readonly signal: AbortSignal;
  /** Whether the replicas are in this process. */
  readonly own: boolean;
  /** Told how far it has come. */
  readonly tell: (progress: LoadProgress) => void;
}

/**
 * Makes the load.
 *
 * @throws {FailedError} if that fails
 */
export async function loadInThread(
  settings: LoadSettings,
  { signal, own, tell }: LoadThreadOptions,
): Promise<LoadResult> {
  const worker = new Worker(new URL("./load_worker.ts", import.meta.url), { type: "module" });
  const order = (order: LoadOrder) => worker.postMessage(order);
  const stop = () => order({ type: "stop" });
  signal.addEventListener("abort", stop);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new FailedError(`the load's worker failed: ${event.message}`));
    };
    worker.onmessage = ({ data: news }: MessageEvent<LoadNews>) => {
      if (news.type === "progress") tell(news.progress);
      else if (news.type === "done") resolve(news.result);
      else if (!news.tooManyFiles) reject(new FailedError(news.text));
      else reject(tooManyFiles(settings.clients, descriptorsFor(settings.clients, own)));
    };
    order({ type: "make", settings });
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    worker.terminate();
  }
}
