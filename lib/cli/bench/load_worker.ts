/**
 * The worker that makes the load: a thread of its own, so that neither the progress line nor
 * replicas in the same process disturb the measuring.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { reason } from "../../errors.ts";
import { threadCpuMs } from "./cpu.ts";
import { isTooManyFiles } from "./descriptors.ts";
import { type LoadSettings, makeLoad } from "./load.ts";
import type { LoadNews, LoadOrder } from "./load_message.ts";

const stop = new AbortController();

self.onmessage = ({ data: order }: MessageEvent<LoadOrder>) => {
  if (order.type === "stop") stop.abort();
  else make(order.settings);
};

async function make(settings: LoadSettings): Promise<void> {
  try {
    const result = await makeLoad(settings, {
      signal: stop.signal,
      progress: (progress) => tell({ type: "progress", progress }),
      cpuMs: threadCpuMs,
    });
    tell({ type: "done", result });
  } catch (error) {
    tell({ type: "failed", text: reason(error), tooManyFiles: isTooManyFiles(error) });
  }
}

function tell(news: LoadNews): void {
  self.postMessage(news);
}
