/**
 * The flags that say what load is made.
 *
 * @module
 */

import { VALUE_BYTES_MAX } from "../../limits.ts";
import type { FlagTable } from "../flags.ts";
import { MIXES } from "./load.ts";

/** The flags. */
export const LOAD_FLAGS = {
  clients: {
    kind: "count",
    value: "N",
    about: "How many clients, each a connection, spread over the replicas",
    min: 1,
    max: 100_000,
    default: 50,
  },
  pipeline: {
    kind: "count",
    value: "N",
    about: "Requests that each client has under way at once",
    min: 1,
    max: 1_000,
    default: 1,
  },
  mix: {
    kind: "choice",
    value: "MIX",
    about: "What they ask; mixed: half of it reads, half of it writes",
    choices: MIXES,
    default: "mixed",
  },
  "value-size": {
    kind: "count",
    value: "BYTES",
    about: "Bytes of each value",
    max: VALUE_BYTES_MAX,
    default: 64,
  },
  keys: {
    kind: "count",
    value: "N",
    about: "Different keys, bench:0 and so on, chosen at random; they stay on a --target",
    min: 1,
    max: 10_000_000,
    default: 10_000,
  },
  duration: {
    kind: "duration",
    value: "TIME",
    about: "How long to measure",
    min: 100,
    max: 86_400_000,
    default: 5_000,
  },
  "warm-up": {
    kind: "duration",
    value: "TIME",
    about: "How long to ask before",
    max: 3_600_000,
    default: 1_000,
  },
} as const satisfies FlagTable;
