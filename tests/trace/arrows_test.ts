/** Which sending a coming belongs to, against the messages themselves. */

import { assert, assertEquals } from "@std/assert";
import type { PeerMessage } from "../../lib/order/message.ts";
import { Order, type OrderConfig } from "../../lib/order/order.ts";
import type { Durable, Effects, Event } from "../../lib/order/step.ts";
import type { Arrow } from "../../lib/trace/story.ts";
import { storyOf } from "../../lib/trace/tell.ts";
import { simulated } from "./lines.ts";

/** A coming, and when what came had been sent. */
interface Coming {
  readonly from: number;
  readonly to: number;
  readonly kind: string;
  readonly sent: number;
  readonly received: number;
}

/** What really went from one to another: the simulator hands on the very objects. */
function watched(seed: number) {
  const comings: {
    readonly message: PeerMessage;
    readonly from: number;
    readonly to: number;
    at: number;
  }[] = [];
  const sendings = new Map<PeerMessage, { readonly to: number; at: number }[]>();
  /** What a step has sent and got, until a line tells when that was. */
  let step: { at: number }[] = [];
  class Watched extends Order {
    readonly #id: number;

    constructor(config: OrderConfig, durable: Durable) {
      super(config, durable);
      this.#id = config.id;
    }

    override step(event: Event, now: number): Effects {
      const out = super.step(event, now);
      step = [];
      if (event.type === "receive") {
        const coming = { message: event.message, from: event.from, to: this.#id, at: -1 };
        comings.push(coming);
        step.push(coming);
      }
      for (const { to, message } of out.send) {
        const sending = { to, at: -1 };
        sendings.set(message, [...sendings.get(message) ?? [], sending]);
        step.push(sending);
      }
      return out;
    }
  }
  const { replicas, lines } = simulated(seed, {
    core: Watched,
    told(line) {
      if (line.type === "apply" || line.type === "start" || !("time" in line)) return;
      for (const moment of step) moment.at = line.at / 1000;
    },
  });
  const all = comings.flatMap(({ message, from, to, at }): Coming[] => {
    const kind = message.type === "acknowledgement" ? "acknowledge" : message.type;
    if (kind !== "broadcast" && kind !== "acknowledge") return [];
    const sent = sendings.get(message)?.findLast((one) => one.to === to && one.at <= at)?.at;
    return sent === undefined || at < 0 ? [] : [{ from, to, kind, sent, received: at }];
  });
  return { comings: all, story: storyOf(lines, { replicas, began: 0 }) };
}

const words = ({ from, to, kind, sent, received }: Coming) =>
  `${kind} ${from} to ${to}, ${sent} to ${received}`;

Deno.test("every message that came is an arrow from where and when it was sent", () => {
  let count = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const { comings, story } = watched(seed);
    const shown = story.arrows.flatMap((arrow) => {
      const { kind, sent, received } = arrow;
      if (kind === "other" || received === null) return [];
      if (sent === null && story.every > 1) return [];
      assert(sent !== null, `seed ${seed}: a ${kind} of nobody`);
      return [words({ ...arrow, sent, received })];
    });
    const known = comings.map(words);
    if (story.every === 1) assertEquals(shown.sort(), known.sort(), `seed ${seed}`);
    else assertEquals(shown.filter((one) => !known.includes(one)), [], `seed ${seed}`);
    count += shown.length;
  }
  assert(count > 10_000, `${count} came`);
});

Deno.test("a broadcast that is acknowledged had come, also if who got it does not tell", () => {
  let [acknowledged, came] = [0, 0];
  for (let seed = 1; seed <= 25; seed++) {
    const { replicas, lines } = simulated(seed);
    const whole = storyOf(lines, { replicas, began: 0 });
    const torn = storyOf(
      lines.filter((line) =>
        line.type !== "receive" || line.replica !== 1 || line.of !== "broadcast"
      ),
      { replicas, began: 0 },
    );
    const wordsOf = ({ from, to, words, sent }: Arrow) => `${from} to ${to}, ${words}, ${sent}`;
    const receivedAt = new Map(whole.arrows.map((arrow) => [wordsOf(arrow), arrow.received]));
    assertEquals(whole.arrows.filter((arrow) => arrow.acknowledged !== null), []);
    for (const arrow of torn.arrows) {
      const received = receivedAt.get(wordsOf(arrow)) ?? null;
      if (arrow.kind === "broadcast" && arrow.to === 1 && received !== null) came++;
      if (arrow.acknowledged === null) continue;
      acknowledged++;
      assert(received !== null && received <= arrow.acknowledged, `${seed}: ${wordsOf(arrow)}`);
    }
  }
  assert(acknowledged > came / 2, `of ${came} that came ${acknowledged} were acknowledged`);
});
