import { assert, assertEquals, assertThrows } from "@std/assert";
import { CONSISTENCY_LEVELS } from "../../../lib/consistency.ts";
import { ERROR_CODES, isErrorCode, UsageError } from "../../../lib/errors.ts";
import { COMMAND_NAMES, commandAction } from "../../../lib/cli/client/line.ts";
import { DEMOS } from "../../../lib/cli/demo/demos.ts";
import { FAILURES } from "../../../lib/cli/explain/errors.ts";
import { KINDS, PROMISES } from "../../../lib/cli/explain/promises.ts";
import { readReply } from "../../../lib/cli/explain/read_reply.ts";
import { explainReply } from "../../../lib/cli/explain/replies.ts";
import { COMMANDS, explainTopic } from "../../../lib/cli/explain/topics.ts";
import { needsOrder } from "../../../lib/order/operation.ts";
import { encodeReply } from "../../../lib/wire/message.ts";
import { SAMPLES } from "./samples.ts";

/** What a command's requests are, with as many arguments as it needs. */
function requestsOf(command: string) {
  const [name, condition] = command.split(" --");
  const flags = {
    consistency: undefined,
    timeout: undefined,
    id: undefined,
    if: condition === undefined ? undefined : "absent",
    json: false,
  } as const;
  for (const args of [[], ["k"], ["k", "1"]]) {
    try {
      const action = commandAction([name, ...args], flags);
      return action.type === "ask" ? action.requests : [];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
  throw new Error(`${name} takes other arguments`);
}

Deno.test("explain: every command of the client that asks for keys is of a kind", () => {
  const known = KINDS.flatMap((kind) => COMMANDS[kind]);
  assertEquals(
    [...known, "help", "quit", "status"].sort(),
    [...COMMAND_NAMES, "set --if"].sort(),
  );
});

Deno.test("explain: a write is one that eventual takes, a change one that it refuses", () => {
  for (const kind of ["write", "change"] as const) {
    for (const request of COMMANDS[kind].flatMap((name) => requestsOf(name))) {
      assert(request.type === "write");
      assertEquals(needsOrder(request.operation), kind === "change", request.operation.type);
    }
  }
});

Deno.test("explain: of all but what is always refused, each loss is told", () => {
  for (const level of CONSISTENCY_LEVELS) {
    for (const kind of KINDS) {
      const { not, crash, powerCut, cutOff, elsewhere } = PROMISES[level][kind];
      const isTold = [not, crash, powerCut, cutOff, elsewhere].map((facet) => facet !== undefined);
      const isRefused = level === "eventual" && kind === "change";
      assertEquals(isTold, Array(5).fill(!isRefused), `${kind} at ${level}`);
    }
  }
});

Deno.test("explain: the scenes that are named exist", () => {
  for (const level of CONSISTENCY_LEVELS) {
    for (const kind of KINDS) {
      for (const [name, number] of PROMISES[level][kind].scenes) {
        const placed = DEMOS.find(({ demo }) => demo.name === name);
        assert(placed !== undefined && number <= placed.demo.scenes.length, `${name} ${number}`);
      }
    }
  }
});

Deno.test("explain: every form of a reply is explained, by its word", () => {
  for (const [type, texts] of Object.entries(SAMPLES)) {
    for (const text of texts) {
      const reply = readReply(text, "the sample");
      assertEquals([reply.type, encodeReply(reply)], [type, text]);
      for (const level of CONSISTENCY_LEVELS) {
        const { title, points } = explainReply(reply, { level, fsync: "always" });
        const [, word] = /^\["([A-Z]+)"/.exec(text) ?? [];
        assert(title.startsWith(word), title);
        // What a replica says of itself is of no level.
        assertEquals(title.includes(`asked at ${level}`), type !== "status");
        assert(points.length > 0 && points.every(([, words]) => words !== ""), title);
      }
    }
  }
});

Deno.test("explain: every code has words of its own", () => {
  const codes = Object.keys(ERROR_CODES).filter(isErrorCode);
  for (const table of [codes.map((code) => FAILURES[code].means)]) {
    assertEquals(new Set(table).size, codes.length);
  }
  for (const code of codes) {
    const [{ title }] = explainTopic([code], []);
    assert(title.startsWith(`${code}: `));
  }
});

Deno.test("explain: a token's message is named by its number and its replica", () => {
  const points = explainReply(readReply('["STORED",[0,3,0]]', "it"), {
    level: "sequential",
    fsync: "always",
  }).points;
  const [, token] = points.find(([about]) => about === "token") ?? [];
  assert(token?.includes("message 3 of replica 1"), token);
});

/** What is said of an error's write. */
function fate(details: unknown, level: typeof CONSISTENCY_LEVELS[number]): string {
  const text = JSON.stringify(["ERROR", "timeout", "late", details]);
  const { points } = explainReply(readReply(text, "it"), { level, fsync: "always" });
  return points.filter(([about]) => about === "the write" || about === "find out")
    .map(([, words]) => words).join(" ");
}

Deno.test("explain: an error says whether its write may still happen, and how to find out", () => {
  for (const level of CONSISTENCY_LEVELS) {
    assert(fate({ maybe: false }, level).includes("certainly did not happen"));
    for (const details of [{ maybe: true }, {}]) {
      const words = fate(details, level);
      assert(words.includes("unknown") && words.includes(`outcome ID --consistency ${level}`));
      assert(!words.includes("certainly"), words);
    }
  }
});

Deno.test("explain: facts that are not what they should be are left out", () => {
  const replies = [
    '["ERROR","no_quorum","no",{"missing":[{"id":"x"},7],"lacking":"all"}]',
    '["ERROR","timeout","no",{"lacking":[null,{"origin":{},"n":[]}]}]',
    '["OUTCOME","applied",[],{"index":"x","origin":null}]',
    '["OUTCOME","never",[],{"forgotten":"x"}]',
    '["OUTCOME","unknown",[],{"reason":7}]',
  ];
  for (const text of replies) {
    const { title, points } = explainReply(readReply(text, "it"), {
      level: "sequential",
      fsync: "never",
    });
    for (const words of [title, ...points.flat()]) {
      assert(!/undefined|NaN|object Object|null/.test(words), words);
    }
  }
});

Deno.test("explain: what is no topic is one clear line", () => {
  const wrong: [string[], string][] = [
    [["eventul"], "eventul is no level, no error and no reply (did you mean eventual?)"],
    [
      ["sequential", "gte"],
      "levels say nothing of gte, but of set, delete, reset, set --if, incr, " +
      "append, cas, rename, get, keys, dump, outcome (did you mean get?)",
    ],
    [["sequential", "set", "x"], "explain takes a level and a command, and got sequential set x"],
    [["timeout", "set"], "timeout is an error: it takes no command"],
  ];
  for (const [words, line] of wrong) assertThrows(() => explainTopic(words, []), UsageError, line);
});
