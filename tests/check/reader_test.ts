/** Histories as text: what is taken, what is refused and in which words. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodeLine, type HistoryLine } from "../../lib/check/history.ts";
import { Names } from "../../lib/check/names.ts";
import { Pairs } from "../../lib/check/pairs.ts";
import { historyOf } from "../../lib/check/reader.ts";
import { type History, NO_VALUE, NONE } from "../../lib/check/recorded.ts";
import { HistoryText } from "../../lib/check/text.ts";
import { HistoryError } from "../../lib/errors.ts";
import { HISTORY_LINE_BYTES_MAX } from "../../lib/limits.ts";
import { parseJson } from "../../lib/wire/json.ts";
import { Random } from "../../lib/chaos/random.ts";
import { modelHistory } from "./model.ts";
import { told } from "./told.ts";

const encoder = new TextEncoder();

function read(text: string | Uint8Array, pieceBytes = Infinity): History {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const history = new HistoryText(parseJson);
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    history.add(bytes.subarray(from, from + pieceBytes));
  }
  return history.finish();
}

/** All that is known of a history, by value. */
function known(history: History): unknown {
  const { header, keys, values, ids, codes, tries, order, finals, lines } = history;
  const texts = (names: Names) => Array.from({ length: names.count }, (_, i) => names.text(i));
  return {
    header,
    names: [keys, values, ids, codes].map(texts),
    tries: Object.fromEntries(Object.entries(tries)),
    order: Object.fromEntries(Object.entries(order)),
    finals,
    lines,
  };
}

const HEADER = '{"history":1,"replicas":3}\n';
const GET =
  '{"type":"invoke","process":0,"at":1,"op":"get","key":"k","level":"eventual","replica":0}\n';
const SET =
  '{"type":"invoke","process":0,"at":1,"op":"set","key":"k","value":"v","level":"eventual","replica":0}\n';

Deno.test("a history is the same from its lines, its text, and its text in pieces", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const lines = [...modelHistory({
      seed,
      operations: 40,
      levels: ["eventual", "sequential", "linearizable"],
      deletes: 0.2,
      unknown: 0.1,
      failures: 0.1,
      retries: 0.5,
      sessions: 0.5,
      ids: true,
      witness: true,
    })];
    const wanted = known(historyOf(lines));
    const text = lines.map(encodeLine).join("");
    for (const pieceBytes of [Infinity, 1, 2, 7, 64, 1_000]) {
      assertEquals(known(read(text, pieceBytes)), wanted, `seed ${seed}, ${pieceBytes} bytes`);
    }
  }
});

Deno.test("a text may be cut at every place", () => {
  const text = HEADER + SET + '{"type":"ok","process":0,"at":2}\n\n' +
    '{"type":"final","replica":1,"key":"schlüssel 日本 🎏","value":"\\"\\u00e4\\n"}';
  const bytes = encoder.encode(text);
  const wanted = known(read(bytes));
  for (let cut = 0; cut <= bytes.length; cut++) {
    const history = new HistoryText(parseJson);
    history.add(bytes.subarray(0, cut));
    history.add(bytes.subarray(cut));
    assertEquals(known(history.finish()), wanted, `cut at ${cut}`);
  }
});

Deno.test("lines that are written otherwise say the same", () => {
  const plain = known(read(HEADER + SET + '{"type":"ok","process":0,"at":2.0}\n'));
  const spaced = SET.replaceAll(",", " ,\t").replaceAll(":", " : ");
  const escaped = SET.replace('"k"', '"\\u006b"').replace('"v"', '"\\u0076"');
  const turned = '{"replica":0,"level":"eventual","value":"v","key":"k","op":"set","at":1,' +
    '"process":0,"type":"invoke"}\n';
  const more = SET.replace("}", ',"note":{"any":["thing"]}}');
  const twice = SET.replace('"key":"k"', '"key":"other","key":"k"');
  for (const line of [spaced, escaped, turned, more, twice, SET.replace("\n", "\r\n")]) {
    assertEquals(known(read(`${HEADER}${line}{"type":"ok","process":0,"at":2}\n`)), plain, line);
  }
});

/** Wrong texts, and what is said of them. */
const WRONG: readonly (readonly [text: string, message: string])[] = [
  ["", "it is empty: the first line must be the header"],
  ["\n\n", "it is empty: the first line must be the header"],
  [GET, 'line 1: the first line must be the header, such as {"history":1,"replicas":3}'],
  [
    '{"history":2,"replicas":3}',
    'line 1: this program reads histories of version 1, and this one says "history": 2',
  ],
  ['{"history":1}', 'line 1: "replicas" must be a whole number from 1 to 1000, and is missing'],
  ['{"history":1,"replicas":3,"part":1}', 'line 1: "part" must be true or left out, and is 1'],
  ["[1]", "line 1: a line must be a JSON object, and is an array"],
  [HEADER + "null", "line 2: a line must be a JSON object, and is null"],
  [HEADER + '\n{"type":', "line 3 is not JSON"],
  [
    HEADER + '{"process":0}',
    'line 2: "type" must be one of invoke, ok, fail, info, order, final, ' +
    "and is missing",
  ],
  [
    HEADER + '{"type":"done"}',
    'line 2: "type" must be one of invoke, ok, fail, info, order, final, ' +
    'and is "done"',
  ],
  [
    HEADER + GET.replace('"get"', '"read"'),
    'line 2: "op" must be one of get, set, delete, and is "read"',
  ],
  [
    HEADER + GET.replace('"get"', '"fence"'),
    'line 2: "op" must be one of get, set, delete, and is "fence"',
  ],
  [
    HEADER + GET.replace('"eventual"', '"strong"'),
    'line 2: "level" must be one of eventual, ' +
    'sequential, linearizable, and is "strong"',
  ],
  [
    HEADER + GET.replace('"process":0', '"process":-1'),
    'line 2: "process" must be a whole number ' +
    "from 0 to 2147483646, and is -1",
  ],
  [
    HEADER + GET.replace('"process":0', '"process":0.5'),
    'line 2: "process" must be a whole number ' +
    "from 0 to 2147483646, and is 0.5",
  ],
  [
    HEADER + GET.replace('"process":0', '"process":"0"'),
    'line 2: "process" must be a whole number ' +
    'from 0 to 2147483646, and is "0"',
  ],
  [
    HEADER + GET.replace('"replica":0', '"replica":3'),
    'line 2: "replica" must be a whole number ' +
    "from 0 to 2, and is 3",
  ],
  [
    HEADER + GET.replace('"at":1', '"at":"now"'),
    'line 2: "at" must be a number of microseconds, ' +
    'and is "now"',
  ],
  [HEADER + GET.replace('"key":"k"', '"key":7'), 'line 2: "key" must be text, and is 7'],
  [HEADER + GET.replace('"key":"k",', ""), 'line 2: "key" must be text, and is missing'],
  [
    HEADER + GET.replace('"k"', '"\\ud800"'),
    'line 2: "key" must be well-formed text, and is "\\ud800"',
  ],
  [HEADER + SET.replace('"v"', "null"), 'line 2: "value" must be text, and is null'],
  [HEADER + SET.replace("}", ',"id":1}'), 'line 2: "id" must be text, and is 1'],
  [
    HEADER + SET.replace("}", ',"session":1}'),
    'line 2: "session" must be true, false or left out, ' +
    "and is 1",
  ],
  [
    HEADER + GET + GET,
    "line 3: process 0 begins an operation while the one of line 2 is under way",
  ],
  [
    HEADER + '{"type":"ok","process":7,"at":1}',
    "line 2: process 7 is answered and has no operation " +
    "under way",
  ],
  [
    HEADER + GET + '{"type":"ok","process":0,"at":1}',
    'line 3: "value" must be text or null, and is ' +
    "missing",
  ],
  [
    HEADER + GET + '{"type":"ok","process":0,"at":0,"value":null}',
    'line 3: "at" goes back from 1 to ' +
    "0: events must stand in the order in which they happened",
  ],
  [
    HEADER + SET.replace("}", ',"id":"a"}') + '{"type":"info","process":0,"at":1}\n' +
    SET.replace("}", ',"id":"a"}').replace('"v"', '"w"'),
    'line 4: "id" "a" names another write than in line 2',
  ],
  [
    HEADER + '{"type":"order","index":0,"op":"set","key":"k","value":"v"}',
    'line 2: "index" must be a ' +
    "whole number from 1 to 2147483646, and is 0",
  ],
  [
    HEADER + '{"type":"order","index":1,"op":"get","key":"k"}',
    'line 2: "op" must be one of set, ' +
    'delete, fence, and is "get"',
  ],
  [HEADER + '{"type":"order","index":1,"op":"fence"}', 'line 2: "id" must be text, and is missing'],
  [
    HEADER + '{"type":"order","index":2,"op":"delete","key":"k"}\n'.repeat(2),
    'lines 2 and 3 both have "index" 2',
  ],
  [
    HEADER + '{"type":"final","replica":0}\n'.repeat(2),
    "line 3: replica 0 has its whole content " +
    "behind line 2",
  ],
  [
    HEADER + '{"type":"final","replica":0,"key":"k","value":"v"}\n'.repeat(2),
    "line 3: replica 0 has a value for this key in line 2",
  ],
  [
    HEADER + "x".repeat(HISTORY_LINE_BYTES_MAX + 1),
    `line 2 is longer than ${HISTORY_LINE_BYTES_MAX} ` +
    "bytes",
  ],
];

Deno.test("what is wrong is told with its line", () => {
  for (const [text, message] of WRONG) {
    const error = assertThrows(() => read(text), HistoryError);
    assertEquals(error.message, message);
  }
  const notUtf8 = encoder.encode(`${HEADER}{"type":"x"}`);
  notUtf8[HEADER.length + 3] = 0xff;
  assertEquals(assertThrows(() => read(notUtf8), HistoryError).message, "line 2 is not UTF-8");
});

Deno.test("what is no plain line is left to the JSON parser, which refuses it", () => {
  const wrong = [
    '{"type":"ok","process":01,"at":2}',
    '{"type":"ok","process":0,"at":2,}',
    '{"type":"ok","process":0,,"at":2}',
    '{"type":"ok","process":0,"at":2',
    '{"type":"ok","process":0,"at":2}}',
    '{"type":"ok","process":0,"at":-}',
    '{"type":"ok","process":0,"at":2"value":null}',
    '{"type":"ok","process":0,"at":2,"value":nul}',
    '{"type":"ok","process":0,"at":2,"value":"a\tb"}',
    '{"type":"ok","process":0,"at":2,"value":"a}',
    '{"type":"ok" "process":0}',
    '{"type","process":0}',
  ];
  for (const line of wrong) {
    const error = assertThrows(() => read(HEADER + GET + line), HistoryError);
    assertEquals(error.message, "line 3 is not JSON", line);
  }
});

Deno.test("random damage to a line is refused, or is another line", () => {
  const random = new Random(11);
  const line = encoder.encode(SET);
  let taken = 0;
  for (let run = 0; run < 20_000; run++) {
    const damaged = line.slice();
    for (let n = random.int(1, 3); n > 0; n--) {
      damaged[random.int(0, line.length - 2)] = random.int(0x20, 0x7e);
    }
    const text = new TextDecoder().decode(damaged);
    let wanted: unknown;
    try {
      wanted = known(historyOf([JSON.parse(HEADER), JSON.parse(text)] as HistoryLine[]));
    } catch {
      assertThrows(() => read(HEADER + text), HistoryError, undefined, text);
      continue;
    }
    assertEquals(known(read(HEADER + text)), wanted, text);
    taken++;
  }
  if (taken < 100) throw new Error(`only ${taken} were still lines`);
});

Deno.test("names: each text has one number, and comes back", () => {
  const random = new Random(2);
  const names = new Names();
  const wanted = new Map<string, number>();
  for (let run = 0; run < 50_000; run++) {
    const text = `${random.pick(["", "k", "schlüssel", "日本", "🎏"])}${random.int(0, 20_000)}`;
    const number = wanted.get(text) ?? wanted.size;
    wanted.set(text, number);
    assertEquals(names.number(text), number);
  }
  assertEquals(names.count, wanted.size);
  for (const [text, number] of wanted) {
    assertEquals(names.text(number), text);
    assertEquals(names.find(text), number);
  }
  assertEquals(names.find("never seen"), undefined);
  assertEquals(new Names().find(""), undefined);
});

Deno.test("pairs: the same key and value have one number, and no others", () => {
  const history = historyOf(
    modelHistory({ seed: 1, operations: 2_000, keys: 40, values: 50, witness: true }),
  );
  const pairs = new Pairs(history);
  const wanted = new Map<string, number>();
  const check = (key: number, value: number, pair: number) => {
    const name = `${key} ${value}`;
    assertEquals(pair, wanted.get(name) ?? wanted.size);
    wanted.set(name, pair);
    assertEquals(pairs.find(key, value), pair);
  };
  const { tries, order } = history;
  for (let row = 0; row < tries.count; row++) {
    check(tries.key[row], tries.value[row], pairs.ofTry[row]);
  }
  for (let row = 0; row < order.count; row++) {
    check(order.key[row], order.value[row], pairs.ofEntry[row]);
  }
  assertEquals(pairs.count, wanted.size);
  assertEquals(pairs.find(1_000, NO_VALUE), NONE);
});

Deno.test("tries of one write are one operation, whichever process tries", () => {
  const { tries } = told(`
    0 set x 1 #a → info
    1 set x 2 #b → ok
    2 set x 1 sequential@1 #a → ok
    0 get x → 1`);
  assertEquals([...tries.operation], [0, 1, 0, 3]);
});
