import { assert, assertEquals, assertThrows } from "@std/assert";
import { RequestError, StreamError } from "../../lib/errors.ts";
import { byteLength, bytesOf } from "../../lib/bytes.ts";
import { brief, count, decodeArray, isCount, isObject, list, text } from "../../lib/wire/json.ts";
import { Random } from "../../lib/chaos/random.ts";
import { anyText } from "./generate.ts";

const encoder = new TextEncoder();

Deno.test("decodeArray reads a JSON array", () => {
  assertEquals(decodeArray(encoder.encode('["é",1,null,[true],{"a":"😀"}]')), [
    "é",
    1,
    null,
    [true],
    { a: "😀" },
  ]);
  assertEquals(decodeArray(encoder.encode(" [ ] ")), []);
});

Deno.test("bytes that are not UTF-8 or not JSON end the stream", () => {
  const frames = ["", "x", "[", "['a']", '["a",]', '["a"] x', "NaN", '["\t"]', '["\\x"]', "\0"]
    .map((text) => encoder.encode(text))
    .concat([
      Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d),
      // A surrogate written as three bytes, and an overlong slash: no UTF-8.
      Uint8Array.of(0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d),
      Uint8Array.of(0x5b, 0x22, 0xc0, 0xaf, 0x22, 0x5d),
    ]);
  for (const frame of frames) {
    const error = assertThrows(() => decodeArray(frame), StreamError, "it is not UTF-8 JSON");
    assertEquals(error.code, "bad_request");
    assert(error.cause !== undefined, "the cause is kept");
  }
});

Deno.test("JSON that is no array is wrong in itself, and the stream goes on", () => {
  for (const json of ["null", "1", '"set"', "{}", "true"]) {
    const error = assertThrows(() => decodeArray(encoder.encode(json)), RequestError, "JSON array");
    assertEquals([error.code, error.details], ["bad_request", { maybe: false }]);
  }
});

Deno.test("nesting of any depth is read, and told of in few characters", () => {
  const depth = 2_000_000;
  const [first] = decodeArray(encoder.encode("[".repeat(depth) + "]".repeat(depth)));
  assertEquals(brief(first), "an array");
  assertEquals(
    brief(decodeArray(encoder.encode('[{"a":'.repeat(9) + "1" + "}]".repeat(9)))[0]),
    "an object",
  );
});

Deno.test("brief tells what is there instead", () => {
  assertEquals(
    ["x", "a".repeat(50), 'say "x"', 1.5, true, null, undefined, [], {}].map(brief),
    ['"x"', `"${"a".repeat(40)}"`, '"say \\"x\\""', "1.5", "true", "null", "missing", "an array"]
      .concat("an object"),
  );
});

Deno.test("text is a canonical string", () => {
  for (const value of ["😀", "a\udc80", "\udcff"]) assertEquals(text(value, "the key"), value);
  for (const value of [1, null, undefined, ["x"], {}]) {
    assertThrows(() => text(value, "the key"), RequestError, "the key must be a string");
  }
  for (const value of ["\ud800", "a\udc00", "\udc00\ud800", "\ud83d x", "\udc7f", "\udcc3\udca9"]) {
    assertThrows(() => text(value, "the key"), RequestError, "the key has a lone surrogate");
  }
});

Deno.test("count is a whole number from 0 on, exact as a double", () => {
  for (const value of [0, 1, Number.MAX_SAFE_INTEGER]) assertEquals(count(value, "n"), value);
  const wrong = [-1, 1.5, 2 ** 53, NaN, Infinity, "1", null, undefined, true, [1]];
  for (const value of wrong) {
    assertEquals(isCount(value), false);
    assertThrows(() => count(value, "n"), RequestError, "n must be a whole number, 0 or more");
  }
});

Deno.test("list reads each element; isObject is no array and no null", () => {
  assertEquals(list([1, 2], "the token", (element) => count(element, "n")), [1, 2]);
  assertThrows(() => list({}, "the token", String), RequestError, "the token must be an array");
  assertThrows(() => list(["x"], "the token", (n) => count(n, "each")), RequestError, "each must");
  assertEquals(
    [{}, { a: 1 }, [], null, "x", 1].map(isObject),
    [true, true, false, false].concat([false, false]),
  );
});

Deno.test("byteLength is how many bytes a canonical text stands for", () => {
  const random = new Random(3);
  for (let run = 0; run < 5_000; run++) {
    const value = anyText(random, 0, 20);
    assertEquals(byteLength(value), bytesOf(value).length, JSON.stringify(value));
  }
});

Deno.test("byteLength is what an encoder writes, for units in any order, lone surrogates that stand for none too", () => {
  const random = new Random(4);
  const units = [
    0x41,
    0x7f,
    0x80,
    0x7ff,
    0x800,
    0xd7ff,
    0xd800,
    0xdbff,
    0xdc00,
    0xdc7f,
    0xdd00,
    0xdfff,
  ].concat(0xe000);
  for (let run = 0; run < 5_000; run++) {
    const some = Array.from({ length: random.int(0, 8) }, () => random.pick(units));
    const value = String.fromCharCode(...some);
    assertEquals(byteLength(value), encoder.encode(value).length, JSON.stringify(value));
  }
});
