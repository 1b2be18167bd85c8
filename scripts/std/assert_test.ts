import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
  unreachable,
} from "@std/assert";
import { assertEquals as narrow } from "@std/assert/equals";
import { assertThrows as narrowThrows } from "@std/assert/throws";

/** Runs what must fail, not with the functions under test; returns its message. */
function failure(f: () => void): string {
  try {
    f();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  throw new Error("did not fail");
}

async function rejection(f: () => Promise<unknown>): Promise<string> {
  let message: string | undefined;
  await f().catch((error) => {
    if (error instanceof AssertionError) message = error.message;
  });
  if (message === undefined) throw new Error("did not fail");
  return message;
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

class Point {
  constructor(readonly x: number) {}
}

class Special extends Error {}

Deno.test("equal compares deeply", () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const cycle2: { self?: unknown } = {};
  cycle2.self = cycle2;
  const same: [unknown, unknown][] = [
    [1, 1],
    [NaN, NaN],
    [0, -0],
    [10n, 10n],
    ["a", "a"],
    [null, null],
    [{ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }],
    [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [new Date(5), new Date(5)],
    [new Date(NaN), new Date(NaN)],
    [/a/g, /a/g],
    [new URL("http://a/b"), new URL("http://a/b")],
    [new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])],
    [new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]])],
    [new Map([[{ k: 1 }, 1]]), new Map([[{ k: 1 }, 1]])],
    [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    [new Point(1), new Point(1)],
    [cycle, cycle2],
    [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 1 }],
  ];
  for (const [a, b] of same) expect(equal(a, b), `${Deno.inspect(a)} is ${Deno.inspect(b)}`);
});

Deno.test("equal tells apart", () => {
  const different: [unknown, unknown][] = [
    [1, 2],
    [1, "1"],
    [0, null],
    [null, undefined],
    [{}, null],
    [[], {}],
    [{ a: undefined }, {}],
    [{ a: undefined }, { b: undefined }],
    [[1, 2], [2, 1]],
    [[1], [1, 2]],
    [new Date(5), new Date(6)],
    [/a/g, /a/i],
    [new URL("http://a/b"), new URL("http://a/c")],
    [new Set([1]), new Set([2])],
    [new Map([["a", 1]]), new Map([["a", 2]])],
    [new Map([["a", 1]]), new Map([["b", 1]])],
    [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
    [new Uint8Array([1, 2]), [1, 2]],
    [new Point(1), new Point(2)],
    [new Point(1), { x: 1 }],
    [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 2 }],
    [() => 1, () => 1],
  ];
  for (const [a, b] of different) {
    expect(!equal(a, b), `${Deno.inspect(a)} is not ${Deno.inspect(b)}`);
  }
});

Deno.test("assert and assertFalse go by truth", () => {
  assert("text");
  assertFalse(0);
  expect(failure(() => assert(0, "why")) === "why", "says why");
  expect(failure(() => assertFalse(1, "why")) === "why", "says why");
  expect(failure(() => assert(null)) === "", "says nothing");
});

Deno.test("assertEquals shows the lines that differ", () => {
  assertEquals({ a: [1] }, { a: [1] });
  narrow([1], [1]);
  const message = failure(() => assertEquals({ a: 1, b: 2 }, { a: 1, b: 3 }, "why"));
  assertStringIncludes(message, "Values are not equal: why");
  assertMatch(message, /^-\s+b: 2,$/m);
  assertMatch(message, /^\+\s+b: 3,$/m);
  assertMatch(message, /^\s+a: 1,$/m);
  assertStringIncludes(failure(() => assertEquals(1, 2)), "Values are not equal.");
});

Deno.test("assertNotEquals", () => {
  assertNotEquals<unknown>({ a: 1 }, { a: 2 });
  assertMatch(failure(() => assertNotEquals([1], [1])), /Expected actual: .* not to be/s);
});

Deno.test("assertStrictEquals and assertNotStrictEquals go by Object.is", () => {
  const object = {};
  assertStrictEquals(object, object);
  assertStrictEquals(NaN, NaN);
  assertNotStrictEquals(object, {});
  assertNotStrictEquals(0, -0);
  assertStringIncludes(failure(() => assertStrictEquals({}, {})), "not reference-equal");
  assertStringIncludes(failure(() => assertStrictEquals(1, 2)), "Values are not strictly equal");
  assertStringIncludes(failure(() => assertNotStrictEquals(1, 1)), "not be strictly equal");
});

Deno.test("assertExists", () => {
  assertExists(0);
  assertExists("");
  const message = 'Expected actual: "null" to not be null or undefined.';
  assertEquals(failure(() => assertExists(null)), message);
  failure(() => assertExists(undefined));
});

Deno.test("assertInstanceOf narrows and names the classes", () => {
  const value: unknown = new Point(1);
  assertInstanceOf(value, Point);
  assertEquals(value.x, 1);
  const message = failure(() => assertInstanceOf(new Date(), Point));
  assertEquals(message, 'Expected object to be an instance of "Point" but was "Date".');
  const plain = failure(() => assertInstanceOf("text", Point, "why"));
  assertEquals(plain, 'Expected object to be an instance of "Point" but was "string": why');
});

Deno.test("assertMatch, assertNotMatch, assertStringIncludes", () => {
  assertMatch("Raptor", /apt/);
  assertNotMatch("Raptor", /dino/);
  assertStringIncludes("Hello", "ell");
  const message = failure(() => assertMatch("a", /b/));
  assertEquals(message, 'Expected actual: "a" to match: "/b/".');
  assertEquals(
    failure(() => assertNotMatch("a", /a/)),
    'Expected actual: "a" to not match: "/a/".',
  );
  const contain = failure(() => assertStringIncludes("a", "b", "why"));
  assertEquals(contain, 'Expected actual: "a" to contain: "b": why');
});

Deno.test("assertGreater and its kin", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(2, 2);
  assertLess("a", "b");
  assertLessOrEqual(2n, 2n);
  assertEquals(failure(() => assertGreater(1, 1)), "Expect 1 > 1");
  assertEquals(failure(() => assertGreaterOrEqual(1, 2)), "Expect 1 >= 2");
  assertEquals(failure(() => assertLess(1, 1, "why")), "why");
  assertEquals(failure(() => assertLessOrEqual(2, 1)), "Expect 2 <= 1");
});

Deno.test("assertAlmostEquals", () => {
  assertAlmostEquals(1, 1);
  assertAlmostEquals(0.1 + 0.2, 0.3, 1e-16);
  assertAlmostEquals(1.000000001e-8, 1.000000002e-8);
  assertAlmostEquals(0.01, 0.02, 0.1);
  assertMatch(failure(() => assertAlmostEquals(0.01, 0.02)), /to be close to .* is greater than/);
  failure(() => assertAlmostEquals(1, 2, 0.5));
});

Deno.test("assertArrayIncludes compares deeply and names what is missing", () => {
  assertArrayIncludes([1, { a: 1 }, "x"], [{ a: 1 }, 1]);
  assertMatch(failure(() => assertArrayIncludes([1, 2], [2, 3])), /missing: \[\s*3,?\s*\]/);
});

Deno.test("assertObjectMatch asks for a part, deeply", () => {
  const actual = {
    a: 1,
    b: { c: [{ d: 1, e: 2 }, 3], f: "x" },
    g: new Map([["k", { v: 1, w: 2 }]]),
  };
  assertObjectMatch(actual, { a: 1 });
  assertObjectMatch(actual, { b: { c: [{ e: 2 }] } });
  assertObjectMatch(actual, { g: new Map([["k", { w: 2 }]]) });
  failure(() => assertObjectMatch(actual, { a: 2 }));
  failure(() => assertObjectMatch(actual, { b: { c: [{ d: 1, x: 1 }] } }));
  failure(() => assertObjectMatch({ a: 1 }, { a: 1, b: undefined }));
  failure(() => assertObjectMatch({ a: [1] }, { a: [1, 2] }));
});

Deno.test("assertIsError", () => {
  const error: unknown = new Special("went wrong");
  assertIsError(error);
  assertIsError(error, Error, "wrong");
  assertIsError(error, Special, "went wrong");
  assertStringIncludes(failure(() => assertIsError("text")), "to be an Error object");
  const other = failure(() => assertIsError(error, TypeError));
  assertEquals(other, 'Expected error to be instance of "TypeError", but was "Special".');
  const text = failure(() => assertIsError(error, Error, "right"));
  assertEquals(text, 'Expected error message to include "right", but got "went wrong".');
});

Deno.test("assertThrows returns what was thrown", () => {
  const toss = (what: unknown) => () => {
    throw what;
  };
  assertEquals(assertThrows(toss("text")), "text");
  const error: Special = assertThrows(toss(new Special("went wrong")), Special, "wrong");
  assertEquals(error.message, "went wrong");
  narrowThrows(toss(new Error()), Error);
  assertEquals(failure(() => assertThrows(() => 1)), "Expected function to throw.");
  assertEquals(failure(() => assertThrows(() => 1, "why")), "Expected function to throw: why");
  assertEquals(
    failure(() => assertThrows(() => 1, Error, "text", "why")),
    "Expected function to throw: why",
  );
  failure(() => assertThrows(toss(new Error("a")), Special));
  failure(() => assertThrows(toss(new Error("a")), Error, "b"));
  assertEquals(failure(() => assertThrows(toss(1), Error)), "A non-Error object was thrown.");
});

Deno.test("assertRejects gives what the promise rejected with", async () => {
  const reject = (what: unknown) => () => Promise.reject(what);
  assertEquals(await assertRejects(reject("text")), "text");
  const error: Special = await assertRejects(reject(new Special("went wrong")), Special, "wrong");
  assertEquals(error.message, "went wrong");
  assertEquals(
    await rejection(() => assertRejects(() => Promise.resolve(1))),
    "Expected function to reject.",
  );
  assertEquals(
    await rejection(() =>
      assertRejects(() => {
        throw new Error("at once");
      }, Error)
    ),
    "Function throws when expected to reject.",
  );
  await rejection(() => assertRejects(reject(new Error("a")), Special));
  await rejection(() => assertRejects(reject(new Error("a")), Error, "b"));
  assertEquals(
    await rejection(() => assertRejects(reject(1), Error)),
    "A non-Error object was rejected.",
  );
});

Deno.test("fail and unreachable", () => {
  assertEquals(failure(() => fail()), "Failed assertion.");
  assertEquals(failure(() => fail("why")), "Failed assertion: why");
  assertEquals(failure(() => unreachable()), "Unreachable.");
  assertEquals(new AssertionError("m").name, "AssertionError");
});
