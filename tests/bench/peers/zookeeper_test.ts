import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../bench/peers/generator/dialogue.ts";
import {
  buffer,
  connectRequest,
  int,
  packet,
  ZookeeperDialogue,
} from "../../../bench/peers/generator/zookeeper.ts";
import { bytesOf } from "../../../bench/peers/generator/template.ts";
import { feed, waysToCut } from "./feeding.ts";

const OPTIONS = { valueBytes: 3, connection: 0 };
const LONG = new Uint8Array(8);

const CONNECTED = packet(int(0), int(30_000), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), buffer(LONG));

function answer(xid: number, error: number, ...rest: readonly Uint8Array[]): Uint8Array {
  return packet(int(xid), LONG, int(error), ...rest);
}

Deno.test("zookeeper: a session is asked for in 49 bytes", () => {
  const hex = (bytes: Uint8Array) =>
    [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const expected = "0000002d" + // 45 bytes follow
    "00000000" + "0000000000000000" + "00007530" + "0000000000000000" +
    "00000010" + "00".repeat(16) + "00";
  assertEquals(hex(connectRequest()), expected);
});

Deno.test("zookeeper: requests bear numbers of their own, their kind and their path", () => {
  const dialogue = new ZookeeperDialogue(OPTIONS);
  const path = buffer("/key-0000000007");
  const anyone = bytesOf(int(1), int(31), buffer("world"), buffer("anyone"));
  assertEquals(
    dialogue.create(7),
    packet(int(1), int(1), path, buffer("aho"), anyone, int(0)),
  );
  assertEquals(dialogue.write(7), packet(int(2), int(5), path, buffer("aho"), int(-1)));
  assertEquals(dialogue.read(7), packet(int(3), int(4), path, Uint8Array.of(0)));
});

Deno.test("zookeeper: answers count once however they are split", () => {
  const first = answer(1, -101);
  for (const cuts of waysToCut(first.length)) {
    const dialogue = new ZookeeperDialogue(OPTIONS);
    feed(dialogue, CONNECTED);
    assertEquals(dialogue.answers, 1);
    dialogue.read(0);
    feed(dialogue, first, cuts);
    assertEquals([dialogue.answers, dialogue.failures], [2, 1]);
    assertEquals(dialogue.failure, "ZooKeeper answered with error -101");
  }
});

Deno.test("zookeeper: a node that is there already is as good as made", () => {
  const dialogue = new ZookeeperDialogue(OPTIONS);
  feed(dialogue, CONNECTED);
  dialogue.create(0);
  feed(dialogue, answer(1, -110));
  assertEquals([dialogue.answers, dialogue.failures], [2, 0]);
});

Deno.test("zookeeper: an answer to something else is refused", () => {
  const dialogue = new ZookeeperDialogue(OPTIONS);
  feed(dialogue, CONNECTED);
  dialogue.read(0);
  assertThrows(() => feed(dialogue, answer(2, 0)), ProtocolError);
});

Deno.test("zookeeper: a session of no time is a refusal", () => {
  const dialogue = new ZookeeperDialogue(OPTIONS);
  const refused = packet(int(0), int(0), LONG, buffer(LONG));
  assertThrows(() => feed(dialogue, refused), ProtocolError, "refused the session");
});
