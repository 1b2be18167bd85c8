/**
 * The client port's forms, exactly as design section 4 writes them.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { RequestError } from "../../lib/errors.ts";
import { WIRE_LIMITS } from "../../lib/limits.ts";
import { FAILURES } from "../../lib/order/operation.ts";
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  errorReply,
  type Reply,
  type Request,
  type RequestOptions,
  resultReply,
  type Status,
} from "../../lib/wire/message.ts";
import type { WriteOperation } from "../../lib/wire/write.ts";
import { Random } from "../../lib/chaos/random.ts";
import { anyReply, anyRequest } from "./generate.ts";

const encoder = new TextEncoder();

function readRequest(text: string): Request {
  return decodeRequest(encoder.encode(text), WIRE_LIMITS);
}

function readReply(text: string): Reply {
  return decodeReply(encoder.encode(text));
}

/** The value without fields that are there and undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function write(operation: WriteOperation, options: RequestOptions = {}): Request {
  return { type: "write", operation, options };
}

const REQUESTS: [string, Request][] = [
  ['["set","x","42",2]', write({ type: "set", key: "x", value: "42", bytes: 2 }, {})],
  ['["set","é","",0]', write({ type: "set", key: "é", value: "", bytes: 0 }, {})],
  ['["set","x","日😀",7]', write({ type: "set", key: "x", value: "日😀", bytes: 7 }, {})],
  [
    '["set","x","1",1,{"consistency":"eventual","token":[3,0,7],"timeout":250,"id":"a-1"}]',
    write(
      { type: "set", key: "x", value: "1", bytes: 1 },
      { consistency: "eventual", token: [3, 0, 7], timeout: 250, id: "a-1" },
    ),
  ],
  ['["get","x"]', { type: "get", key: "x", options: {} }],
  ['["get","x",{"token":[1]}]', { type: "get", key: "x", options: { token: [1] } }],
  ['["delete","x"]', write({ type: "delete", key: "x" }, {})],
  ['["delete","x",{"id":"d"}]', write({ type: "delete", key: "x" }, { id: "d" })],
  ['["get","x",{"consistency":"linearizable"}]', {
    type: "get",
    key: "x",
    options: { consistency: "linearizable" },
  }],
  [
    '["set","x","42",2,{"if":"absent"}]',
    write({ type: "put", key: "x", value: "42", bytes: 2, when: "absent", previous: false }),
  ],
  [
    '["set","x","\\udcff",1,{"if":"present","id":"a-2"}]',
    write(
      { type: "put", key: "x", value: "\udcff", bytes: 1, when: "present", previous: false },
      { id: "a-2" },
    ),
  ],
  ['["incr","n","1"]', write({ type: "add", key: "n", by: "1" })],
  [
    '["incr","n","-9223372036854775808",{"id":"i"}]',
    write(
      { type: "add", key: "n", by: "-9223372036854775808" },
      { id: "i" },
    ),
  ],
  [
    '["append","x","é",2,{"timeout":9}]',
    write(
      { type: "append", key: "x", value: "é", bytes: 2, bytesMax: WIRE_LIMITS.valueBytes },
      { timeout: 9 },
    ),
  ],
  [
    '["cas","x",null,"new"]',
    write({ type: "cas", key: "x", expected: null, value: "new", bytes: 3 }),
  ],
  [
    '["cas","x","old",null,{"id":"c"}]',
    write({ type: "cas", key: "x", expected: "old", value: null, bytes: 3 }, { id: "c" }),
  ],
  ['["rename","x","y"]', write({ type: "rename", key: "x", to: "y", when: "always" })],
  ['["keys"]', { type: "keys", prefix: "" }],
  ['["keys","user:"]', { type: "keys", prefix: "user:" }],
  ['["outcome","a-1"]', { type: "outcome", id: "a-1", options: {} }],
  [
    '["outcome","é",{"consistency":"eventual","token":[1],"timeout":9}]',
    {
      type: "outcome",
      id: "é",
      options: { consistency: "eventual", token: [1], timeout: 9 },
    },
  ],
  ['["status"]', { type: "status" }],
  ['["dump"]', { type: "dump", prefix: "" }],
  ['["dump","user/"]', { type: "dump", prefix: "user/" }],
];

Deno.test("requests: their forms as text", () => {
  for (const [text, request] of REQUESTS) {
    assertEquals(encodeRequest(request), text);
    assertEquals(plain(readRequest(text)), request);
  }
});

Deno.test("trailing fields may be added to a request, and null stands for no options", () => {
  assertEquals(readRequest('["status",1,{}]'), { type: "status" });
  assertEquals(readRequest('["dump","p","more"]'), { type: "dump", prefix: "p" });
  assertEquals(readRequest('["dump",null]'), { type: "dump", prefix: "" });
  assertEquals(plain(readRequest('["get","x",null]')), { type: "get", key: "x", options: {} });
  assertEquals(plain(readRequest('["get","x",{},"more"]')), { type: "get", key: "x", options: {} });
});

/** Each with what is wrong in it. */
const WRONG_REQUESTS: [string, string, string][] = [
  ["[]", "bad_request", "a request must begin with its command"],
  ['[["set"],"x","1",1]', "bad_request", "must begin with its command"],
  ["[1]", "bad_request", "must begin with its command"],
  ["[null]", "bad_request", "must begin with its command"],
  ['["SET","x","1",1]', "unknown_command", 'unknown command "SET"'],
  ['["__proto__"]', "unknown_command", 'unknown command "__proto__"'],
  ['["set"]', "bad_request", "the key must be a string"],
  ['["set",1,"1",1]', "bad_request", "the key must be a string"],
  ['["set",null,"1",1]', "bad_request", "the key must be a string"],
  ['["set","","1",1]', "bad_request", "the key must not be empty"],
  ['["set","\\ud800","1",1]', "bad_request", "the key has a lone surrogate"],
  ['["set","x"]', "bad_request", "the value must be a string"],
  ['["set","x",42,2]', "bad_request", "the value must be a string"],
  ['["set","x",null,0]', "bad_request", "the value must be a string"],
  ['["set","x","\\udc00",3]', "bad_request", "the value has a lone surrogate"],
  ['["set","x","\\udcc3\\udca9",2]', "bad_request", "the value has a lone surrogate"],
  ['["set","x","\\udcc3",2]', "bad_request", "UTF-8 length, 1, and is 2"],
  [
    '["set","x","1",1,{"if":"maybe"}]',
    "bad_request",
    'if must be absent or present, and is "maybe"',
  ],
  ['["set","x","1",1,{"if":null}]', "bad_request", "if must be absent or present, and is null"],
  ['["set","x","1",1,{"If":"absent"}]', "bad_request", 'unknown option "If"'],
  ['["delete","x",{"if":"present"}]', "bad_request", 'unknown option "if"'],
  ['["incr",""]', "bad_request", "the key must not be empty"],
  ['["incr","n",1.5]', "bad_request", "the step must be a decimal number of 64 bits, and is 1.5"],
  ['["incr","n",9007199254740993]', "bad_request", "the step must be"],
  ['["incr","n","01"]', "bad_request", "the step must be"],
  ['["incr","n","-0"]', "bad_request", "the step must be"],
  ['["incr","n","9223372036854775808"]', "bad_request", "the step must be"],
  ['["incr","n","-9223372036854775809"]', "bad_request", "the step must be"],
  ['["incr","n",{"id":"i"}]', "bad_request", "the step must be"],
  ['["append","x","é",1]', "bad_request", "UTF-8 length, 2, and is 1"],
  ['["cas","x"]', "bad_request", "the expected value must be a string"],
  ['["cas","x","1"]', "bad_request", "the value must be a string"],
  ['["cas","x",null,"1",1]', "bad_request", "the options must be an object"],
  ['["rename","x"]', "bad_request", "the key must be a string"],
  ['["rename","x",""]', "bad_request", "the key must not be empty"],
  ['["keys",7]', "bad_request", "the prefix must be a string"],
  ['["set","x","1"]', "bad_request", "UTF-8 length, 1, and is missing"],
  ['["set","x","1",2]', "bad_request", "UTF-8 length, 1, and is 2"],
  ['["set","x","é",1]', "bad_request", "UTF-8 length, 2, and is 1"],
  ['["set","x","1","1"]', "bad_request", 'UTF-8 length, 1, and is "1"'],
  ['["set","x","1",{"timeout":1}]', "bad_request", "UTF-8 length, 1, and is an object"],
  ['["get"]', "bad_request", "the key must be a string"],
  ['["get",["x"]]', "bad_request", "the key must be a string"],
  ['["delete",""]', "bad_request", "the key must not be empty"],
  ['["dump",1]', "bad_request", "the prefix must be a string"],
  ['["outcome"]', "bad_request", "the id must be a string"],
  ['["outcome",null]', "bad_request", "the id must be a string"],
  ['["outcome",{"id":"a"}]', "bad_request", "the id must be a string"],
  ['["outcome",""]', "bad_request", "the id must have 1 to 128 bytes"],
  ['["outcome","a",[]]', "bad_request", "the options must be an object"],
  ['["get","x",1]', "bad_request", "the options must be an object"],
  ['["get","x","eventual"]', "bad_request", "the options must be an object"],
  ['["get","x",[]]', "bad_request", "the options must be an object"],
  ['["get","x",{"level":"eventual"}]', "bad_request", 'unknown option "level"'],
  ['["get","x",{"consistency":"strong"}]', "bad_request", "consistency must be one of"],
  ['["get","x",{"consistency":null}]', "bad_request", "consistency must be one of"],
  ['["get","x",{"token":{}}]', "bad_request", "the token must be an array"],
  ['["get","x",{"token":[-1]}]', "bad_request", "each number of the token must be a whole number"],
  ['["get","x",{"token":["1"]}]', "bad_request", "each number of the token must be"],
  ['["get","x",{"timeout":-1}]', "bad_request", "timeout must be milliseconds"],
  ['["get","x",{"timeout":1.5}]', "bad_request", "timeout must be milliseconds"],
  ['["get","x",{"timeout":"1s"}]', "bad_request", "timeout must be milliseconds"],
  ['["get","x",{"timeout":3600001}]', "bad_request", "timeout must be milliseconds"],
  ['["set","x","1",1,{"id":""}]', "bad_request", "the id must have 1 to 128 bytes"],
  ['["set","x","1",1,{"id":7}]', "bad_request", "the id must be a string"],
];

Deno.test("each wrong field of a request: its code, and that it did not happen", () => {
  for (const [text, code, words] of WRONG_REQUESTS) {
    const error = assertThrows(() => readRequest(text), RequestError, words, text);
    assertEquals([error.code, error.details, error.maybe], [code, { maybe: false }, false], text);
  }
});

Deno.test("keys, values, ids and tokens up to their limits, and no further", () => {
  const limits = { keyBytes: 4, valueBytes: 6, frameBytes: 1000 };
  const read = (...form: unknown[]) =>
    decodeRequest(encoder.encode(JSON.stringify(form)), limits).type;
  const codeOf = (...form: unknown[]) =>
    assertThrows(() => read(...form), RequestError, "the limit is").code;
  assertEquals(read("set", "éé", "日日", 6), "write");
  assertEquals(codeOf("set", "ééa", "", 0), "too_large");
  assertEquals(codeOf("set", "k", "日日a", 7), "too_large");
  assertEquals(codeOf("get", "😀a"), "too_large");
  assertEquals(codeOf("delete", "abcde"), "too_large");
  assertEquals(read("append", "k", "日日", 6), "write");
  assertEquals(codeOf("append", "k", "日日a", 7), "too_large");
  assertEquals(read("cas", "k", "日", "日"), "write");
  assertEquals(codeOf("cas", "k", "日", "日a"), "too_large");
  assertEquals(read("rename", "éé", "éé"), "write");
  assertEquals(codeOf("rename", "k", "ééa"), "too_large");
  assertEquals(read("get", "x", { id: "é".repeat(64) }), "get");
  assertThrows(
    () => read("get", "x", { id: "é".repeat(64) + "a" }),
    RequestError,
    "1 to 128 bytes",
  );
  assertEquals(read("outcome", "é".repeat(64)), "outcome");
  assertThrows(() => read("outcome", "é".repeat(65)), RequestError, "1 to 128 bytes");
  assertEquals(read("get", "x", { token: Array(1000).fill(0) }), "get");
  assertThrows(() => read("get", "x", { token: Array(1001).fill(0) }), RequestError, "too long");
});

Deno.test("a wrong field that is nested deeply, or very long, is told of in few characters", () => {
  const deep = "[".repeat(500_000) + "]".repeat(500_000);
  const long = JSON.stringify("x".repeat(1_000_000));
  for (const wrong of [deep, long]) {
    for (const text of [`["set","x","1",${wrong}]`, `["set",${wrong}]`, `[${wrong}]`]) {
      const error = assertThrows(() => readRequest(text), RequestError);
      assert(error.message.length < 200);
    }
    assertThrows(() => readReply(`[${wrong}]`), RequestError, "unknown reply");
  }
});

const REPLIES: [string, Reply][] = [
  ['["STORED",[1,0,7]]', { type: "stored", token: [1, 0, 7] }],
  ['["VALUE","x","日",3,[1]]', { type: "value", key: "x", value: "日", token: [1] }],
  ['["END",[]]', { type: "end", token: [] }],
  ['["KEY","é"]', { type: "key", key: "é" }],
  ['["UNCHANGED",[2]]', { type: "result", result: { type: "unchanged" }, token: [2] }],
  [
    '["NUMBER","-42",[2]]',
    { type: "result", result: { type: "number", number: "-42" }, token: [2] },
  ],
  ['["PREVIOUS",null,[2]]', { type: "result", result: { type: "value", value: null }, token: [2] }],
  [
    '["PREVIOUS","\\udc80",[2]]',
    { type: "result", result: { type: "value", value: "\udc80" }, token: [2] },
  ],
  [
    '["OUTCOME","applied",[0,9,0],{"index":17,"origin":1}]',
    { type: "outcome", outcome: "applied", token: [0, 9, 0], details: { index: 17, origin: 1 } },
  ],
  ['["OUTCOME","never",[],{}]', { type: "outcome", outcome: "never", token: [], details: {} }],
  [
    '["ERROR","no_quorum","too few replicas",{"maybe":true,"missing":[2]}]',
    {
      type: "error",
      code: "no_quorum",
      text: "too few replicas",
      details: { maybe: true, missing: [2] },
    },
  ],
];

Deno.test("replies: their forms as text", () => {
  for (const [text, reply] of REPLIES) {
    assertEquals(encodeReply(reply), text);
    assertEquals(readReply(text), reply);
  }
});

const COUNTS = {
  answered: {
    eventual: { ok: 0, failed: 0 },
    sequential: { ok: 3, failed: 1 },
    linearizable: { ok: 0, failed: 0 },
  },
  latencies: { counts: [2, 1, 1], sumMs: 25.5 },
};

Deno.test("a status is an object, given on as it came", () => {
  const status: Status = {
    id: 1,
    replicas: 3,
    consistency: "sequential",
    version: "0.1.0",
    state: "live",
    view: { ballot: [4, 0], members: [0, 1] },
    hears: [0],
    suspects: [{ id: 2, since: "2026-01-02T03:04:05.678Z", reason: "silent" }],
    missing: [{ id: 2, since: "2026-01-02T03:04:05.678Z" }],
    peers: [
      { id: 0, state: "live", index: 9, lag: 0, member: true },
      { id: 2, state: null, index: null, lag: null, member: false },
    ],
    delivered: 9,
    applied: 8,
    lag: 1,
    staleness: 25,
    obstacle: null,
    joining: null,
    pending: 1,
    outbox: 0,
    outboxBytes: 0,
    keys: 3,
    store: "memory",
    fsync: "always",
    fsyncP99: null,
    requestTimeout: 5000,
    uptime: 12,
    clients: 1,
    requests: { boundsMs: [1, 10], read: COUNTS, write: COUNTS },
    cluster: null,
    identity: "00000000-0000-4000-8000-000000000001",
    counts: true,
  };
  const reply: Reply = { type: "status", status };
  assertEquals(encodeReply(reply), `["STATUS",${JSON.stringify(status)}]`);
  assertEquals(readReply(encodeReply(reply)), reply);
});

Deno.test("trailing fields may be added to a reply; an unknown word is the vaguest one", () => {
  assertEquals(readReply('["STORED",[1],"more"]'), { type: "stored", token: [1] });
  const error = { type: "error", code: "internal", text: "x", details: {} } as const;
  assertEquals(readReply('["ERROR","brand_new","x"]'), error);
  assertEquals(readReply('["ERROR","toString","x",null]'), error);
  assertEquals(readReply('["OUTCOME","brand_new",[],null,"more"]'), {
    type: "outcome",
    outcome: "unknown",
    token: [],
    details: {},
  });
});

Deno.test("each wrong field of a reply is refused", () => {
  const wrong = [
    "[]",
    "[1]",
    '["stored",[1]]',
    '["STORED"]',
    '["STORED",1]',
    '["STORED",[-1]]',
    '["VALUE"]',
    '["VALUE",1,"v",1,[]]',
    '["VALUE","x",null,0,[]]',
    '["VALUE","x","v",2,[]]',
    '["VALUE","x","v",1]',
    '["END",{}]',
    '["KEY"]',
    '["KEY","\\ud800"]',
    '["UNCHANGED"]',
    '["NUMBER",5,[]]',
    '["NUMBER","5"]',
    '["PREVIOUS",5,[]]',
    '["PREVIOUS","v"]',
    '["OUTCOME"]',
    '["OUTCOME","applied"]',
    '["OUTCOME","applied",null,{}]',
    '["STATUS"]',
    '["STATUS",[]]',
    '["STATUS",null]',
    '["ERROR"]',
    '["ERROR","timeout"]',
    '["ERROR",1,"text",{}]',
  ];
  for (const text of wrong) {
    assertEquals(assertThrows(() => readReply(text), RequestError, "", text).code, "bad_request");
  }
});

Deno.test("an incr says how much in several ways", () => {
  const one = write({ type: "add", key: "n", by: "1" });
  for (const text of ['["incr","n"]', '["incr","n",null]', '["incr","n",1]', '["incr","n",1,{}]']) {
    assertEquals(plain(readRequest(text)), plain(one));
  }
  assertEquals(readRequest('["incr","n",-0]'), write({ type: "add", key: "n", by: "0" }));
});

Deno.test("the reply to a write is what it gave; what could not be done is an error", () => {
  assertEquals(resultReply({ type: "stored" }, [1]), { type: "stored", token: [1] });
  const number = { type: "number", number: "5" } as const;
  assertEquals(resultReply(number, [1]), { type: "result", result: number, token: [1] });
  for (const reason of FAILURES) {
    const reply = resultReply({ type: "failed", reason }, [1]);
    assert(reply.type === "error");
    assertEquals([reply.code, reply.details], [reason, { maybe: false }]);
  }
});

Deno.test("errorReply tells of expected failures, and of others nothing but that the write may happen", () => {
  const details = { maybe: true, missing: [1] };
  assertEquals(errorReply(new RequestError("timeout", "too late", details)), {
    type: "error",
    code: "timeout",
    text: "too late",
    details,
  });
  assertEquals(errorReply(new TypeError("/secret/path")), {
    type: "error",
    code: "internal",
    text: "the server failed",
    details: { maybe: true },
  });
});

Deno.test("random requests and replies come back as they went", () => {
  const random = new Random(5);
  for (let run = 0; run < 3_000; run++) {
    const request = anyRequest(random);
    assertEquals(plain(readRequest(encodeRequest(request))), plain(request));
    const reply = anyReply(random);
    assertEquals(readReply(encodeReply(reply)), reply);
  }
});

Deno.test("a form with one field replaced by anything is read or refused, never anything else", () => {
  const random = new Random(6);
  const anything = ["", "x", 0, 1, -1, 1.5, null, true, [], [1], [[1, 2], 3], {}, { id: "a" }];
  let read = 0;
  for (let run = 0; run < 3_000; run++) {
    const form: unknown[] = JSON.parse(encodeRequest(anyRequest(random)));
    form[random.int(0, form.length)] = random.pick(anything);
    try {
      readRequest(JSON.stringify(form));
      read++;
    } catch (error) {
      assert(error instanceof RequestError, String(error));
    }
  }
  assert(read > 100, "not all are wrong");
});
