/**
 * The frame reader of design section 4: fed whole, byte by byte, split at every offset, and with
 * garbage.
 */

import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { StreamError } from "../../lib/errors.ts";
import { READ_BUFFER_BYTES } from "../../lib/limits.ts";
import { FrameReader, FrameWriter } from "../../lib/wire/frame.ts";
import { Random } from "../../lib/chaos/random.ts";

const TEXTS = ['["get","x"]', "[]", '["set","ключ","值😀",7]', '["status"]'];

/** The frames that these texts make, one after the other. */
function stream(...texts: string[]): Uint8Array {
  const writer = new FrameWriter();
  for (const text of texts) writer.add(text);
  return writer.take();
}

/** What is whole now, as texts. */
function take(reader: FrameReader): string[] {
  const texts: string[] = [];
  for (let frame = reader.next(); frame !== null; frame = reader.next()) {
    texts.push(new TextDecoder().decode(frame));
  }
  return texts;
}

/** What comes out when these chunks go in, one at a time. */
function feed(chunks: readonly Uint8Array[], frameBytesMax = 1024): string[] {
  const reader = new FrameReader(frameBytesMax);
  const texts: string[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    texts.push(...take(reader));
  }
  assertEquals(reader.length, 0);
  return texts;
}

function announce(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

Deno.test("a frame is a 4-byte big-endian length, then the bytes", () => {
  assertEquals([...stream("[1]")], [0, 0, 0, 3, 0x5b, 0x31, 0x5d]);
  assertEquals([...stream('["é"]').subarray(0, 4)], [0, 0, 0, 6]);
  assertEquals([...stream("x".repeat(0x012345)).subarray(0, 4)], [0, 1, 0x23, 0x45]);
  assertEquals([...stream("x".repeat(0x1000002)).subarray(0, 5)], [1, 0, 0, 2, 0x78]);
});

Deno.test("fed whole, all frames come out", () => {
  assertEquals(feed([stream(...TEXTS)]), TEXTS);
});

Deno.test("fed byte by byte, each frame comes out with its last byte", () => {
  const bytes = stream(...TEXTS);
  assertEquals(feed([...bytes].map((byte) => Uint8Array.of(byte))), TEXTS);
});

Deno.test("split at every two offsets, the same frames come out", () => {
  const bytes = stream(...TEXTS);
  for (let a = 0; a <= bytes.length; a++) {
    for (let b = a; b <= bytes.length; b++) {
      const chunks = [bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)];
      assertEquals(feed(chunks).join(), TEXTS.join(), `split at ${a} and ${b}`);
    }
  }
});

Deno.test("500 frames in one chunk, and a chunk larger than the buffer", () => {
  const texts = Array.from({ length: 500 }, (_, i) => JSON.stringify(["get", "k".repeat(i)]));
  assertEquals(feed([stream(...texts)]), texts);
  const large = ["a".repeat(READ_BUFFER_BYTES * 3), "b", "c".repeat(READ_BUFFER_BYTES)];
  assertEquals(feed([stream(...large)], READ_BUFFER_BYTES * 3), large);
});

Deno.test("frames of random sizes in chunks of random sizes", () => {
  const random = new Random(1);
  for (let run = 0; run < 20; run++) {
    const texts = Array.from(
      { length: 30 },
      (_, i) => String(i % 10).repeat(random.pick([1, 2, 100, random.int(1, 90_000)])),
    );
    const bytes = stream(...texts);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = random.pick([1, 3, 4, 5, 1000, READ_BUFFER_BYTES, random.int(1, 200_000)]);
      chunks.push(bytes.subarray(at, at + size));
      at += size;
    }
    assert(feed(chunks, 90_000).join() === texts.join(), `run ${run} differs`);
  }
});

Deno.test("what space gives is read as what push copies", () => {
  const bytes = stream(...TEXTS);
  const reader = new FrameReader(1024);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += 7) {
    const part = bytes.subarray(at, at + 7);
    reader.space().set(part);
    reader.filled(part.length);
    texts.push(...take(reader));
  }
  assertEquals(texts, TEXTS);
});

Deno.test("frames of one chunk live until the next push", () => {
  const reader = new FrameReader(1024);
  reader.push(stream("[1]", "[2]", "[3]"));
  const frames = [reader.next(), reader.next(), reader.next()];
  const texts = frames.map((frame) => new TextDecoder().decode(frame ?? undefined));
  assertEquals(texts, ["[1]", "[2]", "[3]"]);
});

Deno.test("a length of zero, or one over the limit, ends the stream", () => {
  const cases: [number, StreamError["code"], string][] = [
    [0, "bad_request", "Cannot read frame: a length of 0 is not allowed"],
    [101, "too_large", "Cannot read frame: its length of 101 bytes is over the limit of 100"],
    [2 ** 31, "too_large", "its length of 2147483648 bytes"],
    [2 ** 32 - 1, "too_large", "its length of 4294967295 bytes"],
  ];
  for (const [length, code, words] of cases) {
    const reader = new FrameReader(100);
    reader.push(announce(length));
    const error = assertThrows(() => reader.next(), StreamError, words);
    assertEquals(error.code, code);
    assertThrows(() => reader.next(), StreamError, words, "it stays so");
  }
  assertEquals(feed([stream("x".repeat(100))], 100), ["x".repeat(100)]);
});

Deno.test("what came whole before the stream went wrong is given out", () => {
  const reader = new FrameReader(100);
  reader.push(Uint8Array.of(...stream("[1]", "[2]"), ...announce(0), ...stream("[3]")));
  assertEquals(new TextDecoder().decode(reader.next() ?? undefined), "[1]");
  assertEquals(new TextDecoder().decode(reader.next() ?? undefined), "[2]");
  assertThrows(() => reader.next(), StreamError);
});

Deno.test("garbage makes frames within the limit, or a StreamError, and nothing else", () => {
  const random = new Random(2);
  for (let run = 0; run < 500; run++) {
    const reader = new FrameReader(300);
    const highest = random.pick([0, 1, 2, 255]);
    try {
      for (let chunk = 0; chunk < 10; chunk++) {
        // Small bytes, so that some of what comes is a length that is allowed.
        const bytes = Array.from({ length: random.int(0, 50) }, () => random.int(0, highest));
        reader.push(Uint8Array.from(bytes));
        for (let frame = reader.next(); frame !== null; frame = reader.next()) {
          assert(frame.length > 0 && frame.length <= 300);
        }
      }
    } catch (error) {
      assert(error instanceof StreamError, String(error));
    }
  }
});

Deno.test("a length that is only announced takes no memory", () => {
  const frameBytesMax = 8 * 1024 * 1024;
  const reader = new FrameReader(frameBytesMax);
  reader.push(announce(frameBytesMax));
  assertEquals(reader.next(), null);
  assertEquals(reader.space().buffer.byteLength, READ_BUFFER_BYTES);
  // What it takes grows with what comes.
  let come = 4;
  while (come < 1024 * 1024) {
    reader.push(new Uint8Array(10_000));
    come += 10_000;
    assertEquals(reader.next(), null);
    assertLess(reader.space().buffer.byteLength, READ_BUFFER_BYTES + come * 4);
  }
});

Deno.test("the memory of a large frame is given back after it", () => {
  const size = 4 * 1024 * 1024;
  const reader = new FrameReader(size);
  reader.push(stream("x".repeat(size)));
  assertEquals(reader.next()?.length, size);
  for (let i = 0; i < 200; i++) {
    reader.push(stream("y".repeat(size / 64)));
    assertEquals(reader.next()?.length, size / 64);
  }
  assertLess(reader.space().buffer.byteLength, size / 2);
});

Deno.test("the writer gathers, and what it gave out does not change any more", () => {
  const writer = new FrameWriter();
  assertEquals([writer.length, writer.take().length], [0, 0]);
  writer.add("[1]");
  writer.add("[22]");
  assertEquals(writer.length, 15);
  const first = writer.take();
  assertEquals(writer.length, 0);
  writer.add("[3]");
  assertEquals(feed([first]), ["[1]", "[22]"]);
  assertEquals(feed([writer.take()]), ["[3]"]);
});

Deno.test("the writer takes texts of any size and any Unicode", () => {
  const texts = ["", "日".repeat(100_000), "😀".repeat(50_000), "x"].slice(1);
  assertEquals(feed([stream(...texts)], 400_000), texts);
});
