/**
 * The reader of Redis's protocol: fed whole, byte by byte, split at every offset, and with garbage;
 * and the writer, against the bytes that the protocol has.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { bytesOf, textOf } from "../../lib/bytes.ts";
import { Random } from "../../lib/chaos/random.ts";
import { StreamError } from "../../lib/errors.ts";
import {
  READ_BUFFER_BYTES,
  RESP_ARGUMENTS_MAX,
  RESP_INLINE_BYTES_MAX,
  WRITE_BUFFER_BYTES,
} from "../../lib/limits.ts";
import { RespReader } from "../../lib/wire/resp_reader.ts";
import { RespWriter } from "../../lib/wire/resp_writer.ts";

const SEED = Number(Deno.env.get("KVDIST_FUZZ_SEED") ?? 1);

const COMMANDS: readonly (readonly string[])[] = [
  ["GET", "x"],
  ["set", "ключ", "значение 😀", ""],
  ["PING"],
  ["SET", "\udcff\udc80é", "\r\n$5\r\n*3\0"],
  ["MSET", ...Array.from({ length: 30 }, (_, i) => "v".repeat(i * 3))],
];

/** A command as an array of bulk strings. */
function array(...texts: string[]): Uint8Array {
  return concat([
    bytesOf(`*${texts.length}\r\n`),
    ...texts.flatMap((text) => {
      const bytes = bytesOf(text);
      return [bytesOf(`$${bytes.length}\r\n`), bytes, bytesOf("\r\n")];
    }),
  ]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The commands that are whole now, as texts. */
function take(reader: RespReader): string[][] {
  const commands: string[][] = [];
  while (reader.next()) {
    const places = Array.from({ length: reader.length }, (_, i) => i);
    const texts = places.map((i) => reader.text(i));
    assertEquals(texts, places.map((i) => textOf(reader.view(i))));
    assertEquals(places.map((i) => reader.size(i)), texts.map((text) => bytesOf(text).length));
    commands.push(texts);
  }
  return commands;
}

/** What comes out when these chunks go in, one at a time. */
function feed(...chunks: Uint8Array[]): string[][] {
  const reader = new RespReader(READ_BUFFER_BYTES * 4);
  const commands = chunks.flatMap((chunk) => {
    reader.push(chunk);
    return take(reader);
  });
  assertEquals(reader.waiting, 0);
  return commands;
}

/** What comes out of a line that somebody types. */
function typed(line: string): string[] {
  const [words = []] = feed(bytesOf(`${line}\r\n`));
  return words;
}

function refuses(text: string, words: string): void {
  for (const size of [1, 7, text.length]) {
    const reader = new RespReader(1024);
    const bytes = bytesOf(text);
    assertThrows(
      () => {
        for (let at = 0; at < bytes.length; at += size) {
          reader.push(bytes.subarray(at, at + size));
          take(reader);
        }
      },
      StreamError,
      `Protocol error: ${words}`,
    );
  }
}

Deno.test("fed whole, all commands come out", () => {
  assertEquals(feed(concat(COMMANDS.map((command) => array(...command)))), COMMANDS);
});

Deno.test("fed byte by byte, each command comes out with its last byte", () => {
  const bytes = concat(COMMANDS.map((command) => array(...command)));
  assertEquals(feed(...Array.from(bytes, (byte) => Uint8Array.of(byte))), COMMANDS);
});

Deno.test("split at every offset, all commands come out", () => {
  const bytes = concat([...COMMANDS.map((command) => array(...command)), bytesOf('get "a b"\r\n')]);
  for (let at = 0; at <= bytes.length; at++) {
    const commands = feed(bytes.subarray(0, at), bytes.subarray(at));
    assertEquals(commands, [...COMMANDS, ["get", "a b"]]);
  }
});

Deno.test("commands longer than the buffer come out, however they are cut", () => {
  const random = new Random(SEED);
  const commands = Array.from({ length: 40 }, (_, i) => [
    "SET",
    `k${i}`,
    "x".repeat(random.int(0, READ_BUFFER_BYTES * 3)),
  ]);
  const bytes = concat(commands.map((command) => array(...command)));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + random.int(1, READ_BUFFER_BYTES * 2);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  assertEquals(feed(...chunks), commands);
});

Deno.test("arrays of nothing, and empty lines, are no commands", () => {
  assertEquals(feed(bytesOf("*0\r\n*-1\r\n\r\n\n  \r\nPING\r\n*0\r\n")), [["PING"]]);
});

Deno.test("a line is split into words as Redis does", () => {
  assertEquals(typed("set key value"), ["set", "key", "value"]);
  assertEquals(typed("  set\tkey  value  "), ["set", "key", "value"]);
  assertEquals(feed(bytesOf("set key value\n")), [["set", "key", "value"]]);
  assertEquals(typed(`set "a b" 'c d'`), ["set", "a b", "c d"]);
  assertEquals(typed(String.raw`set "\x41\x7f\n\r\t\b\a\"\\\q"`), [
    "set",
    'A\x7f\n\r\t\b\x07"\\q',
  ]);
  assertEquals(typed(String.raw`set "\xff\xzz" '\'\n'`), ["set", "\udcffxzz", "'\\n"]);
  assertEquals(typed(`set "" ''`), ["set", "", ""]);
  assertEquals(typed('set a"b c"'), ["set", "ab c"]);
  assertEquals(typed("set é😀"), ["set", "é😀"]);
  for (const line of ['set "a', "set 'a", 'set "a"b', "set 'a'b", 'set "a\\"']) {
    assertThrows(() => typed(line), StreamError, "Protocol error: unbalanced quotes in request");
  }
});

Deno.test("what cannot be trusted is refused in Redis's words", () => {
  refuses(`*${RESP_ARGUMENTS_MAX + 1}\r\n`, "invalid multibulk length");
  refuses("*a\r\n", "invalid multibulk length");
  refuses("*\r\n", "invalid multibulk length");
  refuses("*01\r\n", "invalid multibulk length");
  refuses("*99999999999\r\n", "invalid multibulk length");
  refuses("*1\rx", "invalid multibulk length");
  refuses("*1\r\n:1\r\n", "expected '$', got ':'");
  refuses("*1\r\n\x01\r\n", "expected '$', got '?'");
  refuses("*1\r\n$-1\r\n", "invalid bulk length");
  refuses("*1\r\n$x\r\n", "invalid bulk length");
  refuses("*1\r\n$1025\r\n", "invalid bulk length");
  refuses("*2\r\n$600\r\n" + "x".repeat(600) + "\r\n$600\r\n", "invalid bulk length");
  refuses("*1\r\n$4\r\nPINGxx", "expected CRLF behind a bulk string");
  refuses("x".repeat(RESP_INLINE_BYTES_MAX + 1), "too big inline request");
});

Deno.test("lines up to the limit are read, byte by byte, in time that grows with their length", () => {
  const line = `get ${"x".repeat(RESP_INLINE_BYTES_MAX - 5)}`;
  const reader = new RespReader(1024);
  for (const byte of bytesOf(line)) {
    reader.push(Uint8Array.of(byte));
    assert(!reader.next());
  }
  reader.push(bytesOf("\n"));
  assertEquals(take(reader), [line.split(" ")]);
});

Deno.test("words of ASCII are told apart without making a text of them", () => {
  const reader = new RespReader(1024);
  reader.push(array("SeT", "key", "G\u0001T", "{et"));
  assert(reader.next());
  assert(reader.is(0, "set"));
  assert(!reader.is(0, "get"));
  assert(!reader.is(0, "sett"));
  assert(!reader.is(2, "get"));
  assert(!reader.is(3, "[et"));
});

Deno.test(`100,000 random byte strings come out whole, or are refused (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const signs = "*$:+-_0123\r\n\"'\\x ab\0";
  for (let i = 0; i < 100_000; i++) {
    const length = random.int(0, 40);
    const bytes = Uint8Array.from(
      { length },
      () =>
        random.chance(0.9) ? signs.charCodeAt(random.int(0, signs.length - 1)) : random.int(0, 255),
    );
    const [at, end] = [random.int(0, length), random.int(0, length)];
    const whole = outcome(bytes);
    const parts = [
      bytes.subarray(0, at),
      bytes.subarray(at, Math.max(at, end)),
      bytes.subarray(Math.max(at, end)),
    ];
    assertEquals(outcome(...parts), whole, JSON.stringify(textOf(bytes)));
  }
});

/** What comes of bytes: the commands in front of what is refused, and why that is. */
function outcome(...chunks: Uint8Array[]): unknown[] {
  const reader = new RespReader(64, 16);
  const seen: unknown[] = [];
  try {
    for (const chunk of chunks) {
      reader.push(chunk);
      while (reader.next()) {
        seen.push(Array.from({ length: reader.length }, (_, i) => reader.text(i)));
      }
    }
    seen.push(reader.waiting);
  } catch (error) {
    assert(error instanceof StreamError, String(error));
    seen.push(error.message);
  }
  return seen;
}

/** What a writer makes of this, as the text that stands for it. */
function written(act: (writer: RespWriter) => void, version: 2 | 3 = 2): string {
  const writer = new RespWriter();
  writer.version = version;
  act(writer);
  const { length } = writer;
  const bytes = writer.take();
  assertEquals(bytes.length, length);
  return textOf(bytes);
}

Deno.test("answers have the protocol's bytes", () => {
  assertEquals(written((out) => out.simple("OK")), "+OK\r\n");
  assertEquals(written((out) => out.error("ERR a\r\nb")), "-ERR a  b\r\n");
  assertEquals(written((out) => out.error("ERR é")), "-ERR é\r\n");
  for (const number of [0, 7, 10, 99, 100, 12345, 999_999_999, 1e9, 2 ** 53 - 1, -1, -12]) {
    assertEquals(written((out) => out.integer(number)), `:${number}\r\n`);
  }
  assertEquals(
    written((out) => out.integer("-9223372036854775808")),
    ":-9223372036854775808\r\n",
  );
  assertEquals(written((out) => out.bulks(["", "a"])), "*2\r\n$0\r\n\r\n$1\r\na\r\n");
  assertEquals(written((out) => out.null()), "$-1\r\n");
  assertEquals(written((out) => out.null(), 3), "_\r\n");
  assertEquals(written((out) => out.map(2)), "*4\r\n");
  assertEquals(written((out) => out.map(2), 3), "%2\r\n");
});

Deno.test("bulk strings of all lengths and kinds of bytes are what they were", () => {
  const random = new Random(SEED);
  const units = ["a", "\0", "\x7f", "é", "ключ", "😀", "\udc80", "\udcff", "\r\n"];
  for (let length = 0; length < 300; length++) {
    const ascii = "x".repeat(length);
    assertEquals(written((out) => out.bulk(ascii)), `$${length}\r\n${ascii}\r\n`);
    const text = textOf(bytesOf(Array.from({ length }, () => random.pick(units)).join("")));
    assertEquals(
      written((out) => out.bulk(text)),
      `$${bytesOf(text).length}\r\n${text}\r\n`,
    );
  }
  const large = "x".repeat(WRITE_BUFFER_BYTES * 300);
  assertEquals(written((out) => out.bulk(large)).length, large.length + 12);
});

Deno.test("what was given out is not changed before the next is", () => {
  const writer = new RespWriter();
  writer.bulk("first");
  const first = writer.take();
  writer.bulk("x".repeat(WRITE_BUFFER_BYTES * 2));
  assertEquals(textOf(first), "$5\r\nfirst\r\n");
  const second = writer.take();
  writer.bulk("third");
  assertEquals(second.at(7), 0x78);
  assertEquals(textOf(writer.take()), "$5\r\nthird\r\n");
  assertEquals(writer.take().length, 0);
});
