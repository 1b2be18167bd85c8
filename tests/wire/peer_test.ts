/**
 * The peer port's forms: the original design's two as design section 4 writes them, the others
 * as the head of `lib/wire/peer.ts` does.
 */

import { assert, assertEquals, assertLess, assertLessOrEqual, assertThrows } from "@std/assert";
import { RequestError, StreamError } from "../../lib/errors.ts";
import { FRAME_BYTES_MAX, PART_BYTES_MAX, VALUE_BYTES_MAX } from "../../lib/limits.ts";
import type { Message, PeerMessage } from "../../lib/order/message.ts";
import { type Operation, type Result, STORED } from "../../lib/order/operation.ts";
import { Order } from "../../lib/order/order.ts";
import { byteLength } from "../../lib/bytes.ts";
import {
  decodeHello,
  decodeRefusal,
  encodeHello,
  encodePeerMessage,
  encodeRefusal,
  type Hello,
  PROTOCOL,
} from "../../lib/wire/peer.ts";
import { PeerDecoder } from "../../lib/wire/peer_decoder.ts";
import type { Profile } from "../sim/profile.ts";
import { Random } from "../../lib/chaos/random.ts";
import { simulate } from "../sim/simulation.ts";
import { anyPeerMessage, REPLICAS } from "./generate.ts";

const encoder = new TextEncoder();

/** A decoder of one of so many replicas that keeps enough parts for all tests. */
function decoderOf(replicas: number): PeerDecoder {
  return new PeerDecoder({ replicas, parts: 100_000, partBytes: 64 * 1024 * 1024 });
}

function encode(message: PeerMessage): string[] {
  const frames: string[] = [];
  encodePeerMessage(message, (frame) => frames.push(frame));
  return frames;
}

/** What these frames come to: all but the last are parts. */
function decode(...frames: string[]): PeerMessage {
  return decodeOf(3, ...frames);
}

/** The same with so many replicas. */
function decodeOf(replicas: number, ...frames: string[]): PeerMessage {
  const decoder = decoderOf(replicas);
  let message: PeerMessage | null = null;
  for (const frame of frames) {
    assertEquals(message, null);
    message = decoder.decode(encoder.encode(frame));
  }
  assert(message !== null, "the frames are a whole message");
  return message;
}

const BALLOT = { round: 7, id: 2 };
const VIEW = {
  ballot: BALLOT,
  members: [0, 1, 2],
  cluster: "c",
  identities: ["i0", "i1", null],
} as const;
const SET: Message = {
  origin: 1,
  n: 5,
  time: 90,
  operation: { type: "set", key: "x", value: "é", bytes: 2 },
};
const DELETE: Message = {
  origin: 0,
  n: 6,
  time: 91,
  operation: { type: "delete", key: "y", id: "r-1" },
};

const FORMS: [PeerMessage, ...string[]][] = [
  [
    { type: "broadcast", ballot: BALLOT, messages: [SET], prev: 4 },
    '["broadcast","x","é",2,[1,90],"message",5,4,[7,2]]',
  ],
  [
    { type: "broadcast", ballot: BALLOT, messages: [DELETE], prev: 4 },
    '["broadcast","y",null,0,[0,91],"message",6,4,[7,2],"r-1"]',
  ],
  [
    {
      type: "acknowledgement",
      ballot: BALLOT,
      covers: { origin: 1, time: 90, key: "x", bytes: 2 },
      stamp: { id: 0, time: 92 },
      last: 6,
    },
    '[[1,90],"x",null,2,[0,92],"acknowledgement",6,[7,2]]',
  ],
  [
    {
      type: "heartbeat",
      clock: 93,
      state: "live",
      ballot: BALLOT,
      round: 8,
      hears: [0, 1],
      wants: true,
      index: 12,
      fetched: 3,
    },
    '["heartbeat",93,"live",[7,2],8,[0,1],true,12,3]',
  ],
  [
    {
      type: "heartbeat",
      clock: 0,
      state: "outside",
      ballot: null,
      round: 0,
      hears: [],
      wants: false,
      index: 0,
      fetched: 0,
    },
    '["heartbeat",0,"outside",null,0,[],false,0,0]',
  ],
  [{ type: "resume", ballot: BALLOT, received: 5 }, '["resume",[7,2],5]'],
  [{ type: "prepare", ballot: BALLOT }, '["prepare",[7,2]]'],
  [
    { type: "refuse", ballot: BALLOT, promised: { round: 8, id: 0 } },
    '["refuse",[7,2],[8,0]]',
  ],
  [
    {
      type: "promise",
      ballot: BALLOT,
      installed: VIEW,
      identity: "i1",
      former: "i0",
      force: true,
      position: { index: 12, time: 88, id: 0 },
      deliveredN: [4, 0, 2],
      pending: [SET, DELETE],
      hears: [0, 2],
    },
    '["part",[1,5,90,"x","é",2],[0,6,91,"y",null,0,"r-1"]]',
    '["promise",[7,2],[[7,2],[0,1,2],"c",["i0","i1",null]],"i1",[12,88,0],[4,0,2],2,[0,2],"i0",true]',
  ],
  [
    {
      type: "promise",
      ballot: BALLOT,
      installed: null,
      identity: "i1",
      former: null,
      force: false,
      position: { index: 0, time: 0, id: 0 },
      deliveredN: [0, 0, 0],
      pending: [],
      hears: [],
    },
    '["promise",[7,2],null,"i1",[0,0,0],[0,0,0],0,[],null,false]',
  ],
  [
    {
      type: "install",
      view: VIEW,
      previous: { round: 3, id: 0 },
      base: { index: 12, time: 88, id: 0 },
      deliveredN: [4, 0, 2],
      source: 1,
      carried: [SET],
    },
    '["part",[1,5,90,"x","é",2]]',
    '["install",[[7,2],[0,1,2],"c",["i0","i1",null]],[3,0],[12,88,0],[4,0,2],1,1]',
  ],
  [
    {
      type: "install",
      view: VIEW,
      previous: null,
      base: { index: 0, time: 0, id: 0 },
      deliveredN: [0, 0, 0],
      source: 2,
      carried: [],
    },
    '["install",[[7,2],[0,1,2],"c",["i0","i1",null]],null,[0,0,0],[0,0,0],2,0]',
  ],
  [{ type: "installed", ballot: BALLOT }, '["installed",[7,2]]'],
  [{ type: "start", ballot: BALLOT }, '["start",[7,2]]'],
  [{ type: "fetch", from: 3, to: 12, part: 0, fetch: 8 }, '["fetch",3,12,0,8]'],
  [
    {
      type: "answer",
      fetch: 8,
      content: {
        type: "entries",
        entries: [{ index: 3, message: SET }, { index: 4, message: DELETE }],
      },
    },
    '["entries",8,3,[1,5,90,"x","é",2],[0,6,91,"y",null,0,"r-1"]]',
  ],
  [
    { type: "answer", fetch: 9, content: { type: "entries", entries: [] } },
    '["entries",9,0]',
  ],
  [
    {
      type: "answer",
      fetch: 10,
      content: {
        type: "snapshot",
        position: { index: 12, time: 88, id: 0 },
        deliveredN: [4, 0, 2],
        forgotten: 7,
        part: 2,
        last: true,
        keys: [["x", "é"]],
        requests: [
          ["r-1", { applied: true, index: 9, origin: 0, n: 3, result: STORED }],
          ["r-2", {
            applied: true,
            index: 10,
            origin: 2,
            n: 1,
            result: { type: "number", number: "-7" },
          }],
        ],
      },
    },
    '["snapshot",10,[12,88,0],[4,0,2],7,2,true,[["x","é"]],[["r-1",true,9,0,3],["r-2",true,10,2,1,"number","-7"]]]',
  ],
  [{ type: "confirm", ballot: BALLOT, question: 5 }, '["confirm",[7,2],5]'],
  [{ type: "confirmed", ballot: BALLOT, question: 5 }, '["confirmed",[7,2],5]'],
  [
    {
      type: "broadcast",
      ballot: BALLOT,
      messages: [{ origin: 0, n: 7, time: 92, operation: { type: "fence", key: "", id: "r-2" } }],
      prev: 6,
    },
    '["broadcast","",null,0,[0,92],"message",7,6,[7,2],"r-2"]',
  ],
  [
    {
      type: "broadcast",
      ballot: BALLOT,
      messages: [{
        origin: 0,
        n: 8,
        time: 93,
        operation: { type: "delete", key: "y", id: "r-3", eventual: true },
      }],
      prev: 7,
    },
    '["broadcast","y",null,0,[0,93],"message",8,7,[7,2],"r-3","eventual"]',
  ],
  [
    {
      type: "broadcast",
      ballot: BALLOT,
      messages: [{
        origin: 0,
        n: 9,
        time: 94,
        operation: { type: "delete", key: "y", id: "r-4", until: 1_000_012 },
      }],
      prev: 8,
    },
    '["broadcast","y",null,0,[0,94],"message",9,8,[7,2],"r-4",1000012]',
  ],
];

Deno.test("peer messages: their forms as text", () => {
  for (const [message, ...frames] of FORMS) {
    assertEquals(encode(message), frames);
    assertEquals(decode(...frames), message);
  }
});

Deno.test("trailing fields may be added to a peer's message", () => {
  for (const [message, ...frames] of FORMS) {
    const [last = "", ...parts] = frames.reverse();
    const form: unknown[] = JSON.parse(last);
    // These end in a list of their own, or in what may be missing.
    if (form[0] === "entries" || (form[0] === "broadcast" && form.length < 11)) continue;
    const longer = JSON.stringify([...form, { more: 1 }]);
    const longerMessage = message.type === "broadcast" ? { ...message, text: longer } : message;
    assertEquals(decode(...parts.reverse(), longer), longerMessage);
  }
});

Deno.test("operations: their forms as text, and how they fail", () => {
  const forms: [Operation, string][] = [
    [{ type: "set", key: "k", value: "\udcff", bytes: 1 }, '"k","\\udcff",1'],
    [{ type: "delete", key: "k" }, '"k",null,0'],
    [{ type: "fence", key: "", id: "r" }, '"",null,0,"r"'],
    [
      { type: "put", key: "k", value: "é", bytes: 2, when: "absent", previous: false },
      '"k",["put","é","absent",false],2',
    ],
    [
      { type: "cas", key: "k", expected: "é", value: null, bytes: 2, id: "r", until: 9 },
      '"k",["cas","é",null],2,"r",9',
    ],
    [{ type: "add", key: "k", by: "-5" }, '"k",["add","-5"],0'],
    [
      { type: "append", key: "k", value: "xy", bytes: 2, bytesMax: 100 },
      '"k",["append","xy",100],2',
    ],
    [{ type: "take", key: "k" }, '"k",["take"],0'],
    [{ type: "rename", key: "k", to: "él", when: "always" }, '"k",["rename","él","always"],3'],
    [
      {
        type: "several",
        key: "",
        pairs: [["a", "1"], ["b", null]],
        bytes: 3,
        id: "r",
        eventual: true,
      },
      '"",["several",["a","1"],["b",null]],3,"r","eventual"',
    ],
    [{ type: "clear", key: "" }, '"",["clear"],0'],
  ];
  for (const [operation, form] of forms) {
    const message = { origin: 0, n: 5, time: 90, operation };
    const broadcast: PeerMessage = {
      type: "broadcast",
      ballot: BALLOT,
      messages: [message, { ...message, n: 6, time: 91 }],
      prev: 4,
    };
    const frame = `["broadcasts",0,4,[7,2],[5,90,${form}],[6,91,${form}]]`;
    assertEquals(encode(broadcast), [frame]);
    assertEquals(decode(frame), broadcast);
  }
  const wrong: [string, string][] = [
    ['"k",["put","v","always",false],2', "bytes must be the length of the values"],
    ['"k",["put","v","sometimes",false],1', 'unknown word "sometimes"'],
    ['"k",["cas",1,null],0', "the value must be a string"],
    ['"k",["add",5],0', "the number must be a string"],
    ['"k",["add","0x5"],0', "the number must be decimal"],
    ['"k",["append","v",-1],1', "the most bytes must be"],
    ['"k",["rename",null,"always"],0', "the new key must be a string"],
    ['"k",["rename","to","always"],0', "bytes must be the length of the values"],
    ['"",["several",["a"]],1', "the value must be a string"],
    ['"",["several","a"],1', "a key with its value must be an array"],
    ['"k",["square"],0', 'unknown operation "square"'],
    ['"k","\\ud800",1', "a lone surrogate"],
  ];
  for (const [form, words] of wrong) {
    const frame = `["broadcasts",0,4,[7,2],[5,90,${form}]]`;
    assertThrows(() => decode(frame), RequestError, words, form);
  }
  assertThrows(() => decode('["broadcasts",0,4,[7,2]]'), RequestError, "must bear a message");
  assertThrows(
    () => decode('["broadcasts",3,4,[7,2],[5,90,"k",null,0]]'),
    RequestError,
    "the origin",
  );
});

Deno.test("what an operation gave comes back as it went", () => {
  const results: [Result, string][] = [
    [STORED, ""],
    [{ type: "unchanged" }, ',"unchanged"'],
    [{ type: "value", value: null }, ',"value",null'],
    [{ type: "value", value: "é" }, ',"value","é"'],
    [{ type: "number", number: "-42" }, ',"number","-42"'],
    [{ type: "failed", reason: "no_key" }, ',"failed","no_key"'],
  ];
  const frameOf = (end: string) =>
    `["snapshot",1,[1,1,0],[0,0,0],0,0,true,[],[["r",true,9,0,3${end}]]]`;
  for (const [result, end] of results) {
    const message = decode(frameOf(end));
    assert(message.type === "answer" && message.content.type === "snapshot");
    const { requests } = message.content;
    assertEquals(requests, [["r", { applied: true, index: 9, origin: 0, n: 3, result }]]);
    assertEquals(encode(message), [frameOf(end)]);
  }
  for (const end of [',"sold"', ',"number",5', ',"failed","bored"', ',"value"']) {
    assertThrows(() => decode(frameOf(end)), RequestError);
  }
});

Deno.test("each wrong field of a peer's message is refused", () => {
  const wrong: [string, string][] = [
    ["[]", "unknown message missing"],
    ["[null]", "unknown message null"],
    ['["hello",2,null,0,3,"i"]', 'unknown message "hello"'],
    [`["${"x".repeat(100)}"]`, `unknown message "${"x".repeat(40)}"`],
    ['["broadcast",1,"v",1,[0,1],"message",1,0,[1,0]]', "the key must be a string"],
    ['["broadcast","x",1,1,[0,1],"message",1,0,[1,0]]', "must be a text or an array"],
    ['["broadcast","x","v",2,[0,1],"message",1,0,[1,0]]', "bytes must be the length of the values"],
    ['["broadcast","x","v",1,[0],"message",1,0,[1,0]]', "a timestamp must be [id, time]"],
    ['["broadcast","x","v",1,[0,-1],"message",1,0,[1,0]]', "a timestamp's time must be"],
    ['["broadcast","x","v",1,{},"message",1,0,[1,0]]', "a timestamp must be an array"],
    ['["broadcast","x","v",1,[0,1],"msg",1,0,[1,0]]', 'must bear the word "message"'],
    ['["broadcast","x","v",1,[0,1],"message","1",0,[1,0]]', "n must be a whole number"],
    ['["broadcast","x","v",1,[0,1],"message",1,null,[1,0]]', "prev must be a whole number"],
    ['["broadcast","x","v",1,[0,1],"message",1,0,[1]]', "a ballot must be [round, id]"],
    ['["broadcast","x","v",1,[0,1],"message",1,0]', "a ballot must be an array"],
    ['["broadcast","x","v",1,[0,1],"message",1,0,[1,0],5]', "the request id must be a string"],
    ['[[0,1],"x","v",1,[1,2],"acknowledgement",0,[1,0]]', "an acknowledgement must bear null"],
    ['[[0,1],"x",null,1,[1,2],"ack",0,[1,0]]', 'the word "acknowledgement"'],
    ['[[0],"x",null,1,[1,2],"acknowledgement",0,[1,0]]', "a timestamp must be [id, time]"],
    ['[[0,1],7,null,1,[1,2],"acknowledgement",0,[1,0]]', "the key must be a string"],
    ['[[0,1],"x",null,-1,[1,2],"acknowledgement",0,[1,0]]', "bytes must be a whole number"],
    ['[[0,1],"x",null,1,[1,2],"acknowledgement",0.5,[1,0]]', "last must be a whole number"],
    ['[[0,1],"x",null,1,[1,2],"acknowledgement",0,null]', "a ballot must be an array"],
    ['["heartbeat",-1,"live",null,0,[],true,0]', "the clock must be"],
    ['["heartbeat",0,"dead",null,0,[],true,0]', "unknown state"],
    ['["heartbeat",0,"live",[1],0,[],true,0]', "a ballot must be"],
    ['["heartbeat",0,"live",null,"0",[],true,0]', "the round must be"],
    ['["heartbeat",0,"live",null,0,[-1],true,0]', "each of hears must be"],
    ['["heartbeat",0,"live",null,0,[],1,0]', "wants must be true or false"],
    ['["heartbeat",0,"live",null,0,[],true]', "the index must be"],
    ['["heartbeat",0,"live",null,0,[],true,0]', "fetched must be"],
    ['["resume",[1,0]]', "received must be"],
    ['["prepare",[1,"0"]]', "a ballot's id must be"],
    ['["installed"]', "a ballot must be an array"],
    ['["start",1]', "a ballot must be an array"],
    ['["refuse",[1,0]]', "a ballot must be an array"],
    ['["promise",[1,0],{},"i",[0,0,0],[0,0,0],0,[]]', "a view must be an array"],
    ['["promise",[1,0],[[1,0],[0],null,[]],"i",[0,0,0],[0,0,0],0,[]]', "the cluster must be"],
    [
      '["promise",[1,0],[[1,0],[0],"c",[1,null,null]],"i",[0,0,0],[0,0,0],0,[]]',
      "an identity must be",
    ],
    ['["promise",[1,0],null,null,[0,0,0],[],0,[]]', "the identity must be a string"],
    ['["promise",[1,0],null,"i",[0,0],[],0,[],null,false]', "a position must be [index, time, id]"],
    ['["promise",[1,0],null,"i",[0,0,0],null,0,[],null,false]', "deliveredN must be an array"],
    ['["promise",[1,0],null,"i",[0,0,0],[0,0,0],1,[],null,false]', "parts are missing"],
    ['["promise",[1,0],null,"i",[0,0,0],[0,0,0],[],[],null,false]', "parts are missing"],
    ['["promise",[1,0],null,"i",[0,0,0],[0,0,0],0,null,null,false]', "hears must be an array"],
    ['["promise",[1,0],null,"i",[0,0,0],[0,0,0],0,[]]', "the former identity must be a string"],
    ['["promise",[1,0],null,"i",[0,0,0],[0,0,0],0,[],null,1]', "force must be true or false"],
    ['["install",null,null,[0,0,0],[],0,0]', "a view must be an array"],
    [
      '["install",[[1,0],[0],"c",["i",null,null]],1,[0,0,0],[0,0,0],0,0]',
      "a ballot must be an array",
    ],
    ['["install",[[1,0],[0],"c",["i",null,null]],null,[0,0,0],[0,0,0],-1,0]', "the source must be"],
    ['["install",[[1,0],[0],"c",["i",null,null]],null,[0,0,0],[0,0,0],0]', "parts are missing"],
    ['["fetch",1]', "to must be"],
    ['["fetch",1,2]', "the part must be"],
    ['["fetch",1,2,0]', "the fetch must be"],
    ['["entries",1]', "the index must be"],
    ['["entries",null,1]', "the fetch must be"],
    ['["entries",1,1,[0,1,1,"x"]]', "must be a text or an array"],
    ['["entries",1,1,"x"]', "a message must be an array"],
    ['["snapshot",1,[0,0],[],0,0,true,[],[]]', "a position must be"],
    ['["snapshot",1,[1,1,0],null,0,0,true,[],[]]', "deliveredN must be an array"],
    ['["snapshot",1,[1,1,0],[0,0,0],-1,0,true,[],[]]', "forgotten must be"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0.5,true,[],[]]', "the part must be"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0,"yes",[],[]]', "last must be true or false"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0,true,{},[]]', "the keys must be an array"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0,true,["k"],[]]', "a key with its value must be an array"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0,true,[["k"]],[]]', "the value must be a string"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0,true,[],["r"]]', "a request must be an array"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0,true,[],[["r",1,1,0,1]]]', "applied must be true or false"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0,true,[],[["r",true,1,0]]]', "n must be"],
    ['["snapshot",null,[1,1,0],[0,0,0],0,0,true,[],[]]', "the fetch must be"],
    ['["confirm",[1]]', "a ballot must be"],
    ['["confirm",[1,0]]', "the question must be"],
    ['["confirmed",[1,0],"1"]', "the question must be"],
    ['["broadcast","",null,0,[0,1],"message",1,0,[1,0]]', "the request id must be a string"],
    [
      '["broadcast","x",null,0,[0,1],"message",1,0,[1,0],"r","late"]',
      "until where a request counts must be",
    ],
    ['["part",7]', "a message must be an array"],
    ['["part",[0,1,1,"x","v",9]]', "bytes must be the length of the values"],
    ['["part",[0,1,1,"x","v",1,0]]', "the request id must be a string"],
  ];
  for (const [text, words] of wrong) {
    const decoder = decoderOf(3);
    const refused = () => decoder.decode(encoder.encode(text));
    assertEquals(assertThrows(refused, RequestError, words, text).code, "bad_request", text);
  }
  assertThrows(() => decode('["prepare",[1,0]'), StreamError);
});

Deno.test("a wrong message that is nested deeply is told of in few characters", () => {
  const deep = '{"a":'.repeat(500_000) + "1" + "}".repeat(500_000);
  const error = assertThrows(() => decode(`[${deep}]`), RequestError, "unknown message an object");
  assertLess(error.message.length, 100);
});

Deno.test("random peer messages come back as they went", () => {
  const random = new Random(7);
  const types = new Set<string>();
  for (let run = 0; run < 3_000; run++) {
    const message = anyPeerMessage(random);
    types.add(message.type);
    assertEquals(decodeOf(REPLICAS, ...encode(message)), message);
  }
  assertEquals(types.size, 14);
});

Deno.test("a form with one field replaced by anything is read or refused, never anything else", () => {
  const random = new Random(8);
  const anything = ["", "x", 0, 1, -1, 1.5, null, true, [], [1], [[1, 2], 3], [1, 2, 3], {}];
  for (let run = 0; run < 5_000; run++) {
    const decoder = decoderOf(REPLICAS);
    try {
      for (const frame of encode(anyPeerMessage(random))) {
        const form: unknown[] = JSON.parse(frame);
        form[random.int(0, form.length)] = random.pick(anything);
        decoder.decode(encoder.encode(JSON.stringify(form)));
      }
    } catch (error) {
      assert(error instanceof RequestError, String(error));
    }
  }
});

/** A promise with so many messages. */
function promiseOf(pending: readonly Message[]): PeerMessage {
  return {
    type: "promise",
    ballot: BALLOT,
    installed: VIEW,
    identity: "i",
    former: null,
    force: false,
    position: { index: 0, time: 0, id: 0 },
    deliveredN: [0, 0, 0],
    pending,
    hears: [],
  };
}

function setOf(n: number, value: string, key = "k", id?: string): Message {
  const named = id === undefined ? {} : { id };
  return {
    origin: 0,
    n,
    time: n,
    operation: { type: "set", key, value, bytes: byteLength(value), ...named },
  };
}

Deno.test("a promise of thousands of messages comes in parts, each within a frame", () => {
  const pending = Array.from({ length: 30_000 }, (_, i) => setOf(i + 1, "v".repeat(i % 200)));
  const frames = encode(promiseOf(pending));
  assert(frames.length > 3, "it takes several frames");
  for (const frame of frames) assertLessOrEqual(byteLength(frame), FRAME_BYTES_MAX);
  assertEquals(decode(...frames), promiseOf(pending));
  const install: PeerMessage = {
    type: "install",
    view: VIEW,
    previous: null,
    base: { index: 0, time: 0, id: 0 },
    deliveredN: [0, 0, 0],
    source: 0,
    carried: pending,
  };
  assertEquals(decode(...encode(install)), install);
});

Deno.test("parts stay within a frame whatever JSON makes of their texts", () => {
  // Each of these bytes is written with six.
  const worst = (bytes: number) => "\u0001".repeat(bytes);
  const kinds: Message[][] = [
    Array.from(
      { length: 5 },
      (_, i) => setOf(i + 1, worst(VALUE_BYTES_MAX), worst(1024), worst(128)),
    ),
    Array.from({ length: 20_000 }, (_, i) => setOf(i + 1, "", "k", worst(128))),
    Array.from({ length: 3_000 }, (_, i) => setOf(i + 1, "", worst(1024))),
    Array.from({ length: 3_000 }, (_, i) => setOf(i + 1, worst(i))),
    Array.from({ length: 20_000 }, (_, i) => ({
      origin: 2,
      n: Number.MAX_SAFE_INTEGER - i,
      time: Number.MAX_SAFE_INTEGER,
      operation: { type: "delete", key: "k" },
    })),
  ];
  for (const pending of kinds) {
    const frames = encode(promiseOf(pending));
    for (const frame of frames) assertLessOrEqual(byteLength(frame), FRAME_BYTES_MAX);
    const decoder = decoderOf(3);
    for (const frame of frames.slice(0, -1)) decoder.decode(encoder.encode(frame));
    const whole = decoder.decode(encoder.encode(frames[frames.length - 1]));
    assert(whole?.type === "promise" && whole.pending.length === pending.length);
  }
});

Deno.test("small messages share a part", () => {
  const pending = Array.from({ length: 100 }, (_, i) => setOf(i + 1, "v".repeat(1000)));
  assertEquals(encode(promiseOf(pending)).length, 2);
  assertLess(100 * 1100, PART_BYTES_MAX);
});

Deno.test("parts that are missing or too many are refused, and none is kept for the next", () => {
  const frames = encode(promiseOf([setOf(1, "a"), setOf(2, "b")]));
  const [part, promise] = frames;
  assertThrows(() => decode(promise), RequestError, "parts are missing");
  assertThrows(() => decode(part, part, promise), RequestError, "parts are missing");
  const decoder = new PeerDecoder({ replicas: 3, parts: 3, partBytes: 1_000 });
  const take = (frame: string) => decoder.decode(encoder.encode(frame));
  assertEquals(take(part), null);
  assertEquals(take(promise), promiseOf([setOf(1, "a"), setOf(2, "b")]));
  assertThrows(() => take(promise), RequestError, "parts are missing");
  assertEquals(take(part), null);
  assertThrows(() => take(part), RequestError, "too many parts");
});

Deno.test("the bytes of parts are bounded, of each message anew", () => {
  const [part, promise] = encode(promiseOf([setOf(1, "v".repeat(1_000))]));
  const partBytes = 2 * part.length;
  const decoder = new PeerDecoder({ replicas: 3, parts: 100, partBytes });
  const take = (frame: string) => decoder.decode(encoder.encode(frame));
  for (let i = 0; i < 10; i++) {
    assertEquals(take(part), null);
    assertEquals(take(promise)?.type, "promise");
  }
  for (let i = 0; i < 2; i++) assertEquals(take(part), null);
  assertThrows(() => take(part), RequestError, "too many parts");
});

Deno.test("no peer's message names a replica that there is not", () => {
  const wrong: [string, string][] = [
    ['["broadcast","x","v",1,[3,1],"message",1,0,[1,0]]', "a timestamp's id"],
    ['["broadcast","x","v",1,[0,1],"message",1,0,[1,3]]', "a ballot's id"],
    ['[[3,1],"x",null,1,[1,2],"acknowledgement",0,[1,0]]', "a timestamp's id"],
    ['[[0,1],"x",null,1,[3,2],"acknowledgement",0,[1,0]]', "a timestamp's id"],
    ['["heartbeat",0,"live",[1,3],0,[],true,0,0]', "a ballot's id"],
    ['["heartbeat",0,"live",null,0,[0,3],true,0,0]', "each of hears"],
    ['["prepare",[9,3]]', "a ballot's id"],
    ['["refuse",[1,0],[9,3]]', "a ballot's id"],
    ['["part",[3,1,1,"x","v",1]]', "the origin"],
    ['["entries",1,1,[3,1,1,"x","v",1]]', "the origin"],
    ['["promise",[1,0],null,"i",[0,0,3],[0,0,0],0,[],null,false]', "a position's id"],
    [
      '["promise",[1,0],[[1,0],[0,3],"c",["i","i","i"]],"i",[0,0,0],[0,0,0],0,[],null,false]',
      "each of members",
    ],
    ['["install",[[1,0],[0],"c",["i","i","i"]],null,[0,0,0],[0,0,0],3,0]', "the source"],
    ['["snapshot",1,[1,1,0],[0,0,0],0,0,true,[],[["r",true,1,3,1]]]', "the origin"],
  ];
  for (const [text, name] of wrong) {
    const words = `${name} must be that of one of 3 replicas`;
    assertThrows(() => decode(text), RequestError, words, text);
    // With one replica more there is such a one.
    if (!text.includes("[0,0,0]")) decoderOf(4).decode(encoder.encode(text));
  }
});

Deno.test("what is told of each replica has as many places, and ids come once, ascending", () => {
  const view = (members: string, identities: string) =>
    `["install",[[1,0],${members},"c",${identities}],null,[0,0,0],[0,0,0],0,0]`;
  const wrong: [string, string][] = [
    ['["promise",[1,0],null,"i",[0,0,0],[0,0],0,[],null,false]', "deliveredN must have 3 places"],
    ['["snapshot",1,[1,1,0],[0,0,0,0],0,0,true,[],[]]', "deliveredN must have 3 places"],
    [view("[0,1]", '["i","i"]'), "identities must have 3 places"],
    [view("[0,1]", '["i","i","i","i"]'), "identities must have 3 places"],
    [view("[1,0]", '["i","i","i"]'), "members must be ascending"],
    [view("[1,1]", '["i","i","i"]'), "members must be ascending"],
    ['["heartbeat",0,"live",null,0,[2,1],true,0,0]', "hears must be ascending"],
  ];
  for (const [text, words] of wrong) {
    assertThrows(() => decode(text), RequestError, words, text);
  }
  assertEquals(decode(view("[0,1]", '["i","i",null]')).type, "install");
});

const HELLO: Hello = {
  protocol: PROTOCOL,
  cluster: null,
  id: 2,
  replicas: 3,
  identity: "0a0b",
};

Deno.test("the hello: its form as text", () => {
  assertEquals(encodeHello(HELLO), '["hello",2,null,2,3,"0a0b"]');
  assertEquals(encodeHello({ ...HELLO, cluster: "c" }), '["hello",2,"c",2,3,"0a0b"]');
  for (const cluster of [null, "c"]) {
    const hello = { ...HELLO, cluster };
    assertEquals(decodeHello(encoder.encode(encodeHello(hello))), hello);
  }
});

Deno.test("anything else first is no hello", () => {
  const wrong: [string, string][] = [
    ['["set","x","1",1]', "a peer must begin with its hello"],
    ['["prepare",[1,0]]', "a peer must begin with its hello"],
    ["[]", "a peer must begin with its hello"],
    ['["hello"]', "the protocol must be"],
    ['["hello","1",null,2,3,"i"]', "the protocol must be"],
    ['["hello",2,7,2,3,"i"]', "the cluster must be"],
    ['["hello",2,null,-1,3,"i"]', "the id must be"],
    ['["hello",2,null,2,null,"i"]', "the replicas must be"],
    ['["hello",2,null,2,3]', "the identity must be"],
  ];
  for (const [text, words] of wrong) {
    assertThrows(() => decodeHello(encoder.encode(text)), RequestError, words, text);
  }
  assertThrows(() => decodeHello(encoder.encode("GET / HTTP/1.1")), StreamError);
});

Deno.test("a refusal tells its reason", () => {
  const reason = "it belongs to cluster c";
  for (const lasting of [true, false]) {
    const refusal = encodeRefusal({ reason, lasting });
    assertEquals(
      refusal,
      `["ERROR","unauthorized","it belongs to cluster c",${lasting ? '{"lasting":true}' : "{}"}]`,
    );
    assertEquals(decodeRefusal(encoder.encode(refusal)), { reason, lasting });
  }
  assertEquals(decodeRefusal(encoder.encode(encodeHello(HELLO))), null);
});

Deno.test("the core holds its invariants over the wire's forms", () => {
  let delivered = 0;
  for (let seed = 1; seed <= 100; seed++) {
    let replicas = 0;
    const adjust = (profile: Profile) => {
      replicas = profile.replicas;
      return profile;
    };
    const wire = (message: PeerMessage) => decodeOf(replicas, ...encode(message));
    const outcome = simulate({ seed, core: Order, wire, adjust });
    assertEquals(outcome.violation, null, `seed ${seed}`);
    delivered += outcome.delivered;
  }
  assert(delivered > 1_000, "the runs are too quiet");
});
