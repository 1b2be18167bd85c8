/**
 * The checker on a history of a million operations: 50 clients, 256 keys, values written once, one
 * operation in a hundred of unknown outcome.
 *
 * @module
 */

import { encodeLine } from "../lib/check/history.ts";
import { judge } from "../lib/check/judge.ts";
import type { History } from "../lib/check/recorded.ts";
import { HistoryText } from "../lib/check/text.ts";
import { parseJson } from "../lib/wire/json.ts";
import { modelHistory } from "../tests/check/model.ts";

const OPERATIONS = 1_000_000;

/** Lines of text that are joined before they are encoded. */
const LINES_AT_ONCE = 10_000;

/** The text of the history, in pieces. */
function madeText(witness: boolean): Uint8Array[] {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let lines: string[] = [];
  const options = {
    seed: 1,
    operations: OPERATIONS,
    clients: 50,
    keys: 256,
    unknown: 0.01,
    ids: true,
  };
  for (const line of modelHistory({ ...options, witness })) {
    if (lines.push(encodeLine(line)) < LINES_AT_ONCE) continue;
    pieces.push(encoder.encode(lines.join("")));
    lines = [];
  }
  return [...pieces, encoder.encode(lines.join(""))];
}

function read(text: readonly Uint8Array[]): History {
  const history = new HistoryText(parseJson);
  for (const piece of text) history.add(piece);
  return history.finish();
}

const text = madeText(true);
const history = read(text);

Deno.bench("read 1,000,000 operations and their order", { n: 3, warmup: 1 }, () => {
  read(text);
});

for (const guarantee of ["linearizable", "sequential", "present"] as const) {
  Deno.bench(`${guarantee}: 1,000,000 operations`, { n: 3, warmup: 1 }, () => {
    const verdict = judge(history, { only: [guarantee] })[guarantee];
    if (verdict?.verdict !== "ok") throw new Error(`Wrong verdict: ${JSON.stringify(verdict)}`);
  });
}
