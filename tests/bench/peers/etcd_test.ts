import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError, uint32 } from "../../../bench/peers/generator/dialogue.ts";
import {
  EtcdDialogue,
  field,
  frame,
  putRequest,
  rangeRequest,
  requestHeaders,
  varint,
} from "../../../bench/peers/generator/etcd.ts";
import { bytesOf } from "../../../bench/peers/generator/template.ts";
import { feed, text, waysToCut } from "./feeding.ts";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;

const OPTIONS = { valueBytes: 3, connection: 0 };

/** The header of an answer: a field of three bytes. */
const RESPONSE_HEADER = [0x0a, 3, 0x18, 0xac, 0x02];
const KEY_VALUE = [0x12, 2, 0x0a, 0];

function answer(...message: readonly number[][]): Uint8Array {
  const body = bytesOf(...message);
  return bytesOf(
    frame(HEADERS, { flags: 4, stream: 1 }, Uint8Array.of(0x88)),
    frame(DATA, { stream: 1 }, bytesOf([0, 0, 0, 0, body.length], body)),
    frame(HEADERS, { flags: 5, stream: 1 }, Uint8Array.of(0x40)),
  );
}

Deno.test("etcd: a number of protobuf has seven bits a byte", () => {
  assertEquals(varint(0), [0]);
  assertEquals(varint(127), [127]);
  assertEquals(varint(300), [0xac, 0x02]);
});

Deno.test("etcd: messages of protobuf", () => {
  assertEquals(putRequest("k", "vw"), Uint8Array.of(0x0a, 1, 0x6b, 0x12, 2, 0x76, 0x77));
  assertEquals(rangeRequest("k"), Uint8Array.of(0x0a, 1, 0x6b, 0x38, 1));
  assertEquals(field(0x12, "x".repeat(200)).subarray(0, 3), Uint8Array.of(0x12, 0xc8, 0x01));
});

Deno.test("etcd: the headers of a call, none of which is to be remembered", () => {
  assertEquals(
    text(requestHeaders("/etcdserverpb.KV/Put").subarray(2)),
    "\x04\x14/etcdserverpb.KV/Put\x01\x09localhost\x0f\x10\x10application/grpc\0\x02te\x08trailers",
  );
});

Deno.test("etcd: both frames of a call bear the next odd number", () => {
  const dialogue = new EtcdDialogue(OPTIONS);
  dialogue.write(1);
  const request = dialogue.write(2);
  const headersEnd = 9 + (request[1] << 8 | request[2]);
  assertEquals([uint32(request, 5), uint32(request, headersEnd + 5)], [3, 3]);
  assertEquals([request[3], request[4]], [HEADERS, 4]);
  assertEquals([request[headersEnd + 3], request[headersEnd + 4]], [DATA, 1]);
  const message = request.subarray(headersEnd + 9 + 5);
  assertEquals(message, putRequest("key-0000000002", "aho"));
});

Deno.test("etcd: answers count once however they are split", () => {
  const came = bytesOf(frame(SETTINGS, {}), answer(RESPONSE_HEADER, KEY_VALUE));
  for (const cuts of waysToCut(came.length)) {
    const dialogue = new EtcdDialogue(OPTIONS);
    feed(dialogue, came.subarray(0, 9));
    assertEquals(dialogue.answers, 1);
    dialogue.read(1);
    feed(dialogue, came.subarray(9), cuts.filter((cut) => cut > 9).map((cut) => cut - 9));
    assertEquals([dialogue.answers, dialogue.failures], [2, 0]);
  }
});

Deno.test("etcd: a key that is not there is a failure, an empty answer to a put is none", () => {
  const dialogue = new EtcdDialogue(OPTIONS);
  dialogue.read(1);
  feed(dialogue, answer(RESPONSE_HEADER));
  assertEquals([dialogue.answers, dialogue.failures], [1, 1]);
  dialogue.write(1);
  feed(dialogue, answer(RESPONSE_HEADER));
  assertEquals([dialogue.answers, dialogue.failures], [2, 1]);
});

Deno.test("etcd: an answer without a message is a failure, and so is a stream cut off", () => {
  const dialogue = new EtcdDialogue(OPTIONS);
  dialogue.write(1);
  feed(dialogue, frame(HEADERS, { flags: 5, stream: 1 }, Uint8Array.of(0x88)));
  dialogue.write(1);
  feed(dialogue, frame(RST_STREAM, { stream: 3 }, Uint8Array.of(0, 0, 0, 7)));
  assertEquals([dialogue.answers, dialogue.failures], [2, 2]);
  assertEquals(dialogue.failure, "etcd ended the request with error 7");
});

Deno.test("etcd: settings and pings are acknowledged, once", () => {
  const dialogue = new EtcdDialogue(OPTIONS);
  const payload = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  feed(
    dialogue,
    bytesOf(frame(SETTINGS, {}), frame(PING, {}, payload), frame(SETTINGS, { flags: 1 })),
  );
  assertEquals(
    dialogue.reply(),
    bytesOf(frame(SETTINGS, { flags: 1 }), frame(PING, { flags: 1 }, payload)),
  );
  assertEquals(dialogue.reply(), null);
});

Deno.test("etcd: a server that goes away ends the connection", () => {
  const dialogue = new EtcdDialogue(OPTIONS);
  assertThrows(() => feed(dialogue, frame(GOAWAY, {}, new Uint8Array(8))), ProtocolError);
});

Deno.test("etcd: values that need more than one frame are refused", () => {
  assertThrows(() => new EtcdDialogue({ ...OPTIONS, valueBytes: 20_000 }), RangeError);
});
