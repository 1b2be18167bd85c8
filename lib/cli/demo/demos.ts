/**
 * All demos.
 *
 * @module
 */

import { crash } from "./crash.ts";
import { linearizableDemo } from "./linearizable.ts";
import { move } from "./move.ts";
import { partition } from "./partition.ts";
import type { Demo } from "./scene.ts";
import type { Processes, Threads } from "./scenery.ts";
import { stale } from "./stale.ts";

/** A demo, with the kind of cluster on which it is played. */
export type PlacedDemo =
  | { readonly on: "threads"; readonly demo: Demo<Threads> }
  | { readonly on: "processes"; readonly demo: Demo<Processes> };

/** In the order in which one should see them. */
export const DEMOS: readonly PlacedDemo[] = [
  { on: "threads", demo: stale },
  { on: "threads", demo: linearizableDemo },
  { on: "threads", demo: move },
  { on: "processes", demo: crash },
  { on: "processes", demo: partition },
];
