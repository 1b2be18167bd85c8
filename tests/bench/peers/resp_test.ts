import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../bench/peers/generator/dialogue.ts";
import { RespDialogue } from "../../../bench/peers/generator/resp.ts";
import { bytes, feed, text, waysToCut } from "./feeding.ts";

const OPTIONS = { valueBytes: 3, connection: 0 };

Deno.test("resp: a set and a get are the bytes that redis-cli sends", () => {
  const dialogue = new RespDialogue(OPTIONS);
  assertEquals(text(dialogue.opening), "*1\r\n$4\r\nPING\r\n");
  assertEquals(
    text(dialogue.write(42)),
    "*3\r\n$3\r\nSET\r\n$14\r\nkey-0000000042\r\n$3\r\naho\r\n",
  );
  assertEquals(text(dialogue.read(9_876_543)), "*2\r\n$3\r\nGET\r\n$14\r\nkey-0009876543\r\n");
});

Deno.test("resp: with WAIT, a set is answered when the second reply has come", () => {
  const dialogue = new RespDialogue({ ...OPTIONS, wait: 2 });
  const request = text(dialogue.write(1));
  assertEquals(request.endsWith("*3\r\n$4\r\nWAIT\r\n$1\r\n2\r\n$4\r\n5000\r\n"), true);
  feed(dialogue, bytes("+OK\r\n"));
  assertEquals(dialogue.answers, 0);
  feed(dialogue, bytes(":2\r\n"));
  assertEquals([dialogue.answers, dialogue.failures], [1, 0]);
});

Deno.test("resp: a write that too few replicas received has failed", () => {
  const dialogue = new RespDialogue({ ...OPTIONS, wait: 2 });
  dialogue.write(1);
  feed(dialogue, bytes("+OK\r\n:1\r\n"));
  assertEquals([dialogue.answers, dialogue.failures], [1, 1]);
  assertEquals(dialogue.failure, "only 1 replicas received it");
});

Deno.test("resp: answers count once however they are split", () => {
  const answers = bytes("+PONG\r\n$3\r\na\r\n\r\n$-1\r\n-ERR no\r\n$0\r\n\r\n");
  for (const cuts of waysToCut(answers.length)) {
    const dialogue = new RespDialogue(OPTIONS);
    feed(dialogue, answers, cuts);
    assertEquals([dialogue.answers, dialogue.failures], [5, 2]);
    assertEquals(dialogue.failure, "ERR no");
  }
});

Deno.test("resp: what is no RESP is refused", () => {
  const dialogue = new RespDialogue(OPTIONS);
  assertThrows(() => feed(dialogue, bytes("HTTP/1.1 400\r\n")), ProtocolError, "HTTP/1.1 400");
});
