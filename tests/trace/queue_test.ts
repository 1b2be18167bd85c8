/** What a story says of queues and acknowledgements, against the queues themselves. */

import { assert, assertEquals } from "@std/assert";
import type { Message } from "../../lib/order/message.ts";
import { Order, type OrderConfig } from "../../lib/order/order.ts";
import type { Durable } from "../../lib/order/step.ts";
import { TotalOrder } from "../../lib/order/total_order.ts";
import type { Story } from "../../lib/trace/story.ts";
import { storyOf } from "../../lib/trace/tell.ts";
import { simulated } from "./lines.ts";

/** Of each message of a queue: its name, its timestamp, and in a live view who has acknowledged. */
type Queue = readonly string[];

/** The queue itself, seen through the core, which does not show who has acknowledged. */
const orders = new WeakMap<Order, TotalOrder>();
const pendingOf = TotalOrder.prototype.pending;
let asked: TotalOrder | null = null;
TotalOrder.prototype.pending = function (): Message[] {
  asked = this;
  return pendingOf.call(this);
};

function queueOf(order: Order): Queue {
  const pending = order.pending();
  if (asked !== null) orders.set(order, asked);
  const members = order.state === "live" ? order.view?.members ?? [] : [];
  return pending.map((message) => {
    const has = members.filter((id) => orders.get(order)?.isAcknowledged(id, message));
    return waiting(message, has);
  }).sort();
}

function waiting(
  { origin, n, time }: { readonly origin: number; readonly n: number; readonly time: number },
  acknowledged: readonly number[],
): string {
  return `${origin}.${n} at ${time}, acknowledged by ${acknowledged.join(" ") || "nobody"}`;
}

function told(story: Story, replica: number, at: number): Queue {
  const band = story.bands.findLast((band) => band.replica === replica && band.from <= at);
  const members = band?.state === "live" ? band.members : [];
  return story.messages.flatMap(({ origin, n, stays }) => {
    const stay = stays[replica].find(({ from, to }) => from <= at && (to === null || to > at));
    if (stay === undefined) return [];
    const has = members.filter((id) => (stay.acknowledged[id] ?? Infinity) <= at);
    return [waiting({ origin, n, time: stay.time }, has)];
  }).sort();
}

function compare(seed: number): { readonly steps: number; readonly isPart: boolean } {
  const processes: Order[] = [];
  /** By replica and moment: the queue after the last line of that moment. */
  const queues = new Map<string, { readonly replica: number; at: number; queue: Queue }>();
  class Watched extends Order {
    constructor(config: OrderConfig, durable: Durable) {
      super(config, durable);
      processes[config.id] = this;
    }
  }
  const { replicas, lines } = simulated(seed, {
    core: Watched,
    told(line) {
      if (!("time" in line)) return;
      const { replica, at } = line;
      queues.set(`${replica} ${at}`, { replica, at, queue: queueOf(processes[replica]) });
    },
  });
  const story = storyOf(lines, { replicas, began: 0 });
  const isPart = story.every > 1;
  for (const { replica, at, queue } of queues.values()) {
    const shown = told(story, replica, at / 1000);
    const where = `seed ${seed}, replica ${replica} at ${at / 1000} ms`;
    if (!isPart) assertEquals(shown, queue, where);
    else {
      const names = new Set(queue.map((one) => one.split(",")[0]));
      for (const one of shown) assert(names.has(one.split(",")[0]), `${where}: ${one}`);
    }
  }
  return { steps: queues.size, isPart };
}

Deno.test("at every step of simulated runs the story's queues are the queues, with who has acknowledged", () => {
  const seeds = Deno.env.get("KVDIST_LONG") === "1" ? 250 : 35;
  const runs = Array.from({ length: seeds }, (_, seed) => compare(seed + 1));
  assert(runs.every(({ steps }) => steps > 0));
  assert(runs.some(({ isPart }) => isPart), "in one of them only a part was told");
});
