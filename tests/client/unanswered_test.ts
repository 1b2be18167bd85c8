import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Unanswered } from "../../lib/client/unanswered.ts";
import { ConnectionError, TimeoutError } from "../../lib/errors.ts";
import type { Reply, Request } from "../../lib/wire/message.ts";

const SET: Request = {
  type: "write",
  operation: { type: "set", key: "x", value: "1", bytes: 1 },
  options: {},
};
const GET: Request = { type: "get", key: "x", options: {} };
const DUMP: Request = { type: "dump", prefix: "" };
const STATUS: Request = { type: "status" };
const STORED: Reply = { type: "stored", token: [1] };
const VALUE: Reply = { type: "value", key: "x", value: "1", token: [1] };
const END: Reply = { type: "end", token: [1] };
const ERROR: Reply = { type: "error", code: "internal", text: "no", details: {} };

/** Adds the requests and sends them. */
function asked(...requests: Request[]): { unanswered: Unanswered; replies: Promise<Reply[]>[] } {
  const unanswered = new Unanswered();
  const replies = requests.map((request) => unanswered.add(request, 0, 100));
  unanswered.sent();
  return { unanswered, replies };
}

Deno.test("replies go to the requests in the order asked; a dump takes all until its end", async () => {
  const { unanswered, replies } = asked(SET, DUMP, GET, GET, DUMP, SET);
  for (const reply of [STORED, VALUE, VALUE, END, VALUE, END, ERROR, ERROR]) {
    unanswered.answer(reply, 0);
  }
  assertEquals(await Promise.all(replies), [
    [STORED],
    [VALUE, VALUE, END],
    [VALUE],
    [END],
    [ERROR],
    [ERROR],
  ]);
  assertEquals(unanswered.size, 0);
});

Deno.test("a reply that cannot be the answer is refused", () => {
  const pairs: [Request, Reply][] = [
    [SET, VALUE],
    [SET, END],
    [GET, STORED],
    [GET, { type: "value", key: "y", value: "1", token: [] }],
    [DUMP, STORED],
    [STATUS, END],
  ];
  for (const [request, reply] of pairs) {
    const { unanswered, replies } = asked(request);
    replies[0].catch(() => {});
    assertThrows(() => unanswered.answer(reply, 0), ConnectionError, "is no answer to");
  }
  assertThrows(() => new Unanswered().answer(STORED, 0), ConnectionError, "nobody had asked");
  const early = new Unanswered();
  early.add(SET, 0, 100).catch(() => {});
  assertThrows(() => early.answer(STORED, 0), ConnectionError, "nobody had asked");
  assertThrows(() => new Unanswered().answer(ERROR, 0), ConnectionError, "no");
});

Deno.test("a request whose time is over is given up; its late answer finds its place", async () => {
  const unanswered = new Unanswered();
  const late = unanswered.add(SET, 0, 100);
  const read = unanswered.add(GET, 0, 50);
  const fine = unanswered.add(SET, 20, 100);
  unanswered.sent();
  assertEquals(unanswered.expire(49), 50);
  assertEquals(unanswered.expire(100), 120);
  assertEquals((await assertRejects(() => late, TimeoutError)).maybe, true);
  assertEquals((await assertRejects(() => read, TimeoutError)).maybe, false);
  unanswered.answer(STORED, 110);
  unanswered.answer(END, 110);
  unanswered.answer({ type: "stored", token: [7] }, 110);
  assertEquals(await fine, [{ type: "stored", token: [7] }]);
  assertEquals(unanswered.expire(200), null);
});

Deno.test("an answer in parts is not late while parts come", async () => {
  const { unanswered, replies } = asked(DUMP);
  unanswered.answer(VALUE, 90);
  assertEquals(unanswered.expire(100), 190);
  unanswered.answer(END, 180);
  assertEquals(await replies[0], [VALUE, END]);
});

Deno.test("at the end all reject, and say whether a write may have happened", async () => {
  const { unanswered, replies } = asked(SET, GET, {
    type: "write",
    operation: { type: "delete", key: "x" },
    options: {},
  });
  replies.push(unanswered.add(SET, 0, 100));
  const made: boolean[] = [];
  unanswered.end((maybe) => {
    made.push(maybe);
    return new ConnectionError("gone", maybe);
  });
  // The last had not been sent.
  assertEquals(made, [true, false, true, false]);
  for (const reply of replies) await assertRejects(() => reply, ConnectionError, "gone");
  assertEquals(unanswered.size, 0);
});
