import { assertEquals } from "@std/assert";
import { compareMessages, type Message, timestampOf } from "../../lib/order/message.ts";
import {
  compareBallots,
  compareTimestamps,
  NO_BALLOT,
  sameBallot,
  showBallot,
} from "../../lib/order/timestamp.ts";
import { Random } from "../../lib/chaos/random.ts";

Deno.test("a timestamp is a pair: the time decides, then the id", () => {
  const ascending = [
    { time: 0, id: 5 },
    { time: 1, id: 0 },
    { time: 1, id: 1 },
    { time: 1, id: 99 },
    { time: 1, id: 100 },
    { time: 1, id: 101 },
    { time: 2, id: 0 },
    { time: Number.MAX_SAFE_INTEGER, id: 0 },
  ];
  ascending.forEach((a, i) =>
    ascending.forEach((b, j) => {
      assertEquals(Math.sign(compareTimestamps(a, b)), Math.sign(i - j));
      const [ballotA, ballotB] = [a, b].map(({ time, id }) => ({ round: time, id }));
      assertEquals(Math.sign(compareBallots(ballotA, ballotB)), Math.sign(i - j));
      const [messageA, messageB] = [a, b].map(({ time, id }): Message => ({
        origin: id,
        // Numbers and keys have no part in it.
        n: 100 - i,
        time,
        operation: { type: "delete", key: "k" },
      }));
      assertEquals(Math.sign(compareMessages(messageA, messageB)), Math.sign(i - j));
      assertEquals(timestampOf(messageA), a);
    })
  );
});

Deno.test("the order is total: any shuffle of any messages sorts alike", () => {
  const random = new Random(21);
  for (let run = 0; run < 200; run++) {
    const messages = Array.from({ length: 20 }, (_, n): Message => ({
      origin: random.int(0, 130),
      n,
      time: random.int(1, 5),
      operation: { type: "delete", key: "k" },
    }));
    const show = (sorted: Message[]) =>
      sorted.sort(compareMessages).map(({ time, origin }) => `${time}.${origin}`).join();
    const shuffled = messages.toSorted(() => random.next() - 0.5);
    assertEquals(show(messages.toReversed()), show(shuffled));
  }
});

Deno.test("no ballot is below all others, and null is no ballot at all", () => {
  assertEquals(compareBallots(NO_BALLOT, { round: 0, id: 1 }) < 0, true);
  assertEquals(sameBallot(null, null), true);
  assertEquals(sameBallot(null, NO_BALLOT), false);
  assertEquals(sameBallot(NO_BALLOT, null), false);
  assertEquals(sameBallot({ round: 1, id: 2 }, { round: 1, id: 2 }), true);
  assertEquals(sameBallot({ round: 1, id: 2 }, { round: 2, id: 1 }), false);
  assertEquals([null, { round: 12, id: 100 }].map(showBallot), ["-", "12.100"]);
});
