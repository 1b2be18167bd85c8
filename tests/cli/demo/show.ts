/**
 * Plays a demo for a test, without a program around it.
 *
 * @module
 */

import { assert } from "@std/assert";
import { play, type Played } from "../../../lib/cli/demo/play.ts";
import type { DemoRecord } from "../../../lib/cli/demo/record.ts";
import type { Demo } from "../../../lib/cli/demo/scene.ts";
import type { Scenery } from "../../../lib/cli/demo/scenery.ts";
import { Stage } from "../../../lib/cli/demo/stage.ts";
import { displayWidth } from "../../../lib/show/text.ts";

/** What was shown. */
export interface Shown {
  readonly results: Played[];
  readonly lines: string[];
}

/** How it is played. */
export interface ShowOptions {
  readonly record: DemoRecord;
  readonly delayMs?: number;
  readonly told?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Plays scenes, and checks that what is told fits a terminal. */
export async function show<S extends Scenery>(
  demo: Demo<S>,
  scenes: readonly number[],
  scenery: S,
  { record, delayMs = 0, told, signal = new AbortController().signal }: ShowOptions,
): Promise<Shown> {
  const lines: string[] = [];
  const line = (text: string) => {
    lines.push(text);
    told?.(text);
  };
  const teller = { live: false, width: 80, line, progress: () => {} };
  const results = await play(demo, {
    scenes,
    stage: new Stage({ scenery, teller, record, delayMs, signal }),
    teller,
    paint: {
      title: (text) => text,
      verdict: (verdict) => verdict,
      judged: (verdict) => verdict,
    },
  });
  assert(lines.every((line) => displayWidth(line) <= 80), lines.join("\n"));
  return { results, lines };
}

/** What came of the scenes. */
export function verdicts({ results }: Shown): string[] {
  return results.map(({ verdict }) => verdict);
}

/** What the checker said of the scenes' histories. */
export function judgements({ results }: Shown): string[] {
  return results.map(({ judged }) =>
    judged.map(({ guarantee, verdict }) => `${guarantee} ${verdict}`).join(", ")
  );
}
