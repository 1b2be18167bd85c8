/**
 * Replies of every form, as `kvdist client --json` prints them.
 *
 * @module
 */

import { ERROR_CODES, type ErrorDetails } from "../../../lib/errors.ts";
import type { Reply } from "../../../lib/wire/message.ts";

const MISSING: ErrorDetails["missing"] = [
  { id: 1, since: "2026-11-22T19:03:04.000Z" },
  { id: 2, since: "2026-11-22T19:03:05.000Z" },
];

/** An error of every code that did not happen, and those that may. */
const ERRORS: readonly string[] = [
  ...Object.keys(ERROR_CODES).map((code) => error(code, { maybe: false })),
  error("no_quorum", { maybe: true, missing: MISSING }),
  error("timeout", { maybe: true }),
  error("timeout", { maybe: false, lacking: [{ origin: 1, n: 7, applied: 5 }] }),
  error("internal", {}),
];

/** By form. */
export const SAMPLES: Readonly<Record<Reply["type"], readonly string[]>> = {
  stored: ['["STORED",[0,3,0]]'],
  value: ['["VALUE","x","42",2,[5,3,0]]'],
  end: ['["END",[0,0,0]]'],
  key: ['["KEY","x"]'],
  result: [
    '["UNCHANGED",[4,0,0]]',
    '["NUMBER","42",[5,0,0]]',
    '["PREVIOUS","41",[6,0,0]]',
    '["PREVIOUS",null,[6,0,0]]',
  ],
  outcome: [
    '["OUTCOME","applied",[0,7,0],{"index":1234,"origin":1}]',
    '["OUTCOME","never",[9,7,0],{"index":15,"forgotten":1000000}]',
    '["OUTCOME","unknown",[9,7,0],{"reason":"no majority: of 3 replicas 1, 2 cannot be reached"}]',
  ],
  status: ['["STATUS",{"id":0,"replicas":3}]'],
  error: ERRORS,
};

function error(code: string, details: ErrorDetails): string {
  return JSON.stringify(["ERROR", code, "what the replica says", details]);
}
