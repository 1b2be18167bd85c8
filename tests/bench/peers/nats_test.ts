import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../bench/peers/generator/dialogue.ts";
import { NatsDialogue } from "../../../bench/peers/generator/nats.ts";
import { bytes, feed, text, waysToCut } from "./feeding.ts";

const OPTIONS = { valueBytes: 3, connection: 4 };

Deno.test("nats: a key is put by a publication, and got from a replica", () => {
  const dialogue = new NatsDialogue(OPTIONS);
  assertMatch(
    text(dialogue.opening),
    /^CONNECT \{.*"headers":true.*\}\r\nSUB (_INBOX\.\S+) 1\r\nPING\r\n$/,
  );
  assertMatch(
    text(dialogue.write(5)),
    /^PUB \$KV\.bench\.key-0000000005 _INBOX\.\S+ 3\r\naho\r\n$/,
  );
  assertMatch(
    text(dialogue.read(6)),
    /^PUB \$JS\.API\.DIRECT\.GET\.KV_bench\.\$KV\.bench\.key-0000000006 _INBOX\.\S+ 0\r\n\r\n$/,
  );
});

function message(payload: string): string {
  return `MSG _INBOX.x 1 ${payload.length}\r\n${payload}\r\n`;
}

function headed(header: string, payload: string): string {
  const { length } = header;
  return `HMSG _INBOX.x 1 ${length} ${length + payload.length}\r\n${header}${payload}\r\n`;
}

const TAKEN = message(`{"stream":"KV_bench","seq":1}`);
const REFUSED = message(`{"error":{"code":503}}`);
const FOUND = headed("NATS/1.0\r\nNats-Sequence: 1\r\n\r\n", "a\r\n");
const MISSING = headed("NATS/1.0 404 Not Found\r\n\r\n", "");

Deno.test("nats: answers count once however they are split", () => {
  const answers = bytes(`INFO {"a":1}\r\nPONG\r\n${TAKEN}${REFUSED}${FOUND}${MISSING}`);
  for (const cuts of waysToCut(answers.length)) {
    const dialogue = new NatsDialogue(OPTIONS);
    feed(dialogue, answers, cuts);
    assertEquals([dialogue.answers, dialogue.failures], [5, 2]);
    assertEquals(dialogue.failure, "NATS/1.0 404 Not Found");
  }
});

Deno.test("nats: a ping is answered once, and is no answer", () => {
  const dialogue = new NatsDialogue(OPTIONS);
  assertEquals(dialogue.reply(), null);
  feed(dialogue, bytes("PING\r\n"));
  assertEquals(dialogue.answers, 0);
  assertEquals(text(dialogue.reply() ?? new Uint8Array()), "PONG\r\n");
  assertEquals(dialogue.reply(), null);
});

Deno.test("nats: an error of the connection ends it", () => {
  const dialogue = new NatsDialogue(OPTIONS);
  assertThrows(() => feed(dialogue, bytes("-ERR 'Stale'\r\n")), ProtocolError, "-ERR 'Stale'");
});
