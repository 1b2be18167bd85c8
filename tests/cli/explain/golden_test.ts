/**
 * The words of `kvdist explain`, held by files. `UPDATE_GOLDEN=1 sh scripts/deno test -A
 * tests/cli/explain/golden_test.ts` writes them anew; read the difference before committing it.
 */

import { assert, assertEquals } from "@std/assert";
import { CONSISTENCY_LEVELS } from "../../../lib/consistency.ts";
import { ERROR_CODES } from "../../../lib/errors.ts";
import { displayWidth } from "../../../lib/show/text.ts";
import { type Explanation, explanationLines } from "../../../lib/cli/explain/explanation.ts";
import { readReply } from "../../../lib/cli/explain/read_reply.ts";
import { explainReply } from "../../../lib/cli/explain/replies.ts";
import { explainTopic } from "../../../lib/cli/explain/topics.ts";
import { SAMPLES } from "./samples.ts";

const FOLDER = new URL("golden/", import.meta.url);
const UPDATE = Deno.env.get("UPDATE_GOLDEN") === "1";
const SETTINGS = ["always", "interval", "never"] as const;

function lines(explanations: readonly Explanation[]): string[] {
  return explanations.flatMap((one) => [...explanationLines(one, (title) => title), ""]);
}

/** By the name of its file. */
const TEXTS: Readonly<Record<string, () => string[]>> = {
  "levels.txt": () => lines(explainTopic([], SETTINGS)),
  "errors.txt": () => Object.keys(ERROR_CODES).flatMap((code) => lines(explainTopic([code], []))),
  ...Object.fromEntries(CONSISTENCY_LEVELS.flatMap((level) => [
    [`${level}.txt`, () => lines(explainTopic([level], SETTINGS))],
    [
      `replies_${level}.txt`,
      () =>
        Object.values(SAMPLES).flat().flatMap((text) => [
          `$ kvdist explain '${text}'`,
          ...lines([explainReply(readReply(text, "the sample"), { level, fsync: "always" })]),
        ]),
    ],
  ])),
};

for (const [name, textOf] of Object.entries(TEXTS)) {
  Deno.test(`explain: ${name}`, async () => {
    const file = new URL(name, FOLDER);
    const text = textOf().join("\n");
    if (UPDATE) await Deno.writeTextFile(file, text);
    else assertEquals(text, await Deno.readTextFile(file));
  });
}

Deno.test("explain: no golden file is left over", () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  assertEquals(files, Object.keys(TEXTS).sort());
});

Deno.test("explain: no line is wider than 80 cells, whatever a reply holds", () => {
  const long = "日本".repeat(300);
  const wide = [
    JSON.stringify(["VALUE", long, long, 1800, Array(64).fill(2 ** 52)]),
    JSON.stringify(["ERROR", "timeout", long, { maybe: true }]),
    JSON.stringify(["NUMBER", "9".repeat(200), [0]]),
  ].map((text) =>
    explanationLines(
      explainReply(readReply(text, "it"), { level: "linearizable", fsync: "interval" }),
      (title) => title,
    )
  );
  const plain = Object.values(TEXTS).flatMap((textOf) => textOf())
    .filter((line) => !line.startsWith("$ "));
  for (const line of [...plain, ...wide.flat()]) assert(displayWidth(line) <= 80, line);
});
