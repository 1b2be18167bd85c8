/**
 * The protocol core and the store, broken on purpose, one rule at a time: each variant is a small
 * edit of the real source, and the simulator must catch it. A variant that is not caught is a mistake of
 * the simulator; one whose text is not found any more must be brought up to date.
 *
 * @module
 */

import type { StoreClass } from "./disk.ts";
import type { Profile } from "./profile.ts";
import type { Core, SimulationOptions } from "./simulation.ts";

/** A rule left out. */
export interface Variant {
  readonly name: string;
  /** In these files of `lib`, exactly one place each is replaced. */
  readonly edits: readonly (readonly [file: string, from: string, to: string])[];
  /** A shell that is broken instead of the core. */
  readonly submit?: SimulationOptions["submit"];
  /** What the run must be like for the rule to matter. */
  readonly adjust?: (profile: Profile) => Profile;
}

/** All of them. */
export const VARIANTS: readonly Variant[] = [
  {
    name: "the promise is not on disk",
    edits: [["order/order.ts", `this.#out.writes.push({ type: "promised", ballot });`, ""]],
  },
  {
    name: "a promise is sent before the disk has it",
    edits: [[
      "order/order.ts",
      "if (number <= this.#persisted) this.#send",
      "if (number) this.#send",
    ]],
  },
  {
    name: "acknowledging before the log is safe",
    edits: [[
      "order/total_order.ts",
      "this.#queue(broadcast, out);\n    return null;",
      "this.#queue(broadcast, out);\n    this.persisted(Infinity, out);\n    return null;",
    ]],
  },
  {
    name: "a broadcast is taken for its origin's own acknowledgement",
    // Bites only where the origin forgets the message and the view has two members.
    adjust: (profile) => ({
      ...profile,
      replicas: 3,
      writers: [0, 1, 2],
      suspectAfterMs: 250,
      latencyMs: 2,
      writeMs: 5,
      syncMs: 100,
      crashEveryMs: 300,
      massCrashEveryMs: 1000,
      cutEveryMs: 1500,
      power: 1,
      wipe: 0,
      crashesMax: 60,
      writeEveryMs: 5,
    }),
    edits: [[
      "order/total_order.ts",
      "this.#queue(broadcast, out);\n    return null;",
      "this.#queue(broadcast, out);\n    this.#acknowledged[from][from] = time;\n    return null;",
    ]],
  },
  {
    name: "delivering at install instead of start",
    edits: [[
      "order/order.ts",
      `const up = this.#peers.up();\n    for (const id of view.members.filter`,
      `this.#onStart(view.ballot);\n    const up = this.#peers.up();\n    for (const id of view.members.filter`,
    ]],
  },
  {
    name: "a start revives a restarted member",
    edits: [[
      "order/order.ts",
      `if (this.#state !== "installed" || !sameBallot(this.#current.ballot, ballot)) return;`,
      `if (this.#state === "live" || !sameBallot(this.#view?.ballot ?? null, ballot)) return;
    if (this.#state === "outside") this.#order.install({ type: "install", view: this.#current, previous: null, base: this.#order.position, deliveredN: this.#order.deliveredN, source: 0, carried: this.#order.pending() }, false);`,
    ]],
  },
  {
    name: "resuming the old view after a restart",
    edits: [[
      "order/order.ts",
      "this.#order = new TotalOrder(id, durable, around, queue);",
      `this.#order = new TotalOrder(id, durable, around, queue);
    if (this.#view !== null) {
      this.#order.install({ type: "install", view: this.#view, previous: null, base: durable.position, deliveredN: durable.deliveredN, source: id, carried: durable.pending }, false);
      this.#state = "live";
    }`,
    ]],
  },
  {
    name: "frames without a ballot",
    edits: [[
      "order/order.ts",
      `return this.#state === "live" && sameBallot(ballot, this.#current.ballot);`,
      `return this.#state === "live";`,
    ]],
  },
  {
    name: "the longest log instead of the highest installed ballot",
    edits: [[
      "order/view.ts",
      "previous !== null && sameBallot(of(id).installed?.ballot ?? null, previous.ballot);",
      "previous !== null && of(id).installed !== null;",
    ]],
  },
  {
    name: "leaving out the pending messages of survivors",
    edits: [["order/view.ts", "reporters.map((id) => of(id).pending)", "[]"]],
  },
  {
    name: "half instead of a majority",
    adjust: (profile) => ({ ...profile, replicas: 4, writers: [0, 1, 2, 3] }),
    edits: [["order/view.ts", "Math.floor(replicas / 2) + 1", "Math.ceil(replicas / 2)"]],
  },
  {
    name: "a new identity that counts",
    edits: [
      [
        "order/view.ts",
        "if (here.length - fresh.length >= majority(replicas)) return null;",
        "if (fresh) return null;",
      ],
      ["order/view.ts", "counts: (id) => !isNew(id),", "counts: () => true,"],
    ],
  },
  {
    name: "n reused after a crash",
    edits: [["order/total_order.ts", "(Math.floor(durable.n / N_STEP) + 2) * N_STEP", "durable.n"]],
  },
  {
    name: "n reused by a new folder",
    edits: [["order/total_order.ts", "if (isNew && previous !== null) {", "if (isNew && false) {"]],
  },
  {
    name: "resent acknowledgements before the messages, with the prev and last guards off",
    edits: [
      ["order/total_order.ts", "if (prev !== received) return", "if (false) return"],
      ["order/total_order.ts", "if (last !== this.#received[from]) {", "if (false) {"],
      [
        "order/total_order.ts",
        "let prev = this.#ownPrev;",
        `let prev = this.#ownPrev;
    this.#safe.forEach((covers, origin) => {
      if (covers !== null) out.send.push({ to: peer, message: this.#acknowledgement(origin) });
    });`,
      ],
    ],
  },
  {
    name: "nothing is resent on a new link, with the prev and last guards off",
    edits: [
      ["order/total_order.ts", "if (prev !== received) return", "if (false) return"],
      ["order/total_order.ts", "if (last !== this.#received[from]) {", "if (false) {"],
      [
        "order/total_order.ts",
        "if (message.n > received) missing.push(message);",
        "if (message.n > received) continue;",
      ],
      [
        "order/total_order.ts",
        "missing.length === 0 ? received !== last : received !== prev",
        "false",
      ],
    ],
  },
  {
    name: "ignoring the id in a tie",
    edits: [[
      "order/message.ts",
      "return a.time - b.time || a.origin - b.origin;",
      "return a.time - b.time;",
    ]],
  },
  {
    name: "delivering without the acknowledgement of every member",
    edits: [[
      "order/total_order.ts",
      "for (const member of this.#members()) {",
      "for (const member of this.#members().slice(0, -1)) {",
    ]],
  },
  {
    name: "delivering what was delivered before the view again",
    edits: [[
      "order/total_order.ts",
      "carried.filter((message) => message.n > this.#deliveredN[message.origin])",
      "[...carried]",
    ]],
  },
  {
    name: "not submitting again what no view carried",
    edits: [[
      "order/total_order.ts",
      "const resubmitted = this.#outbox.length;",
      "const resubmitted = this.#outbox.length;\n    this.#outbox.clear();",
    ]],
  },
  {
    name: "a clock that does not pass what it received",
    edits: [
      ["order/total_order.ts", "this.#clock = Math.max(this.#clock, stamp.time);", ""],
      ["order/total_order.ts", "this.#clock = Math.max(this.#clock, time) + 1;", ""],
      [
        "order/total_order.ts",
        "if (stamp.id !== from || stamp.time <= covers.time) {",
        "if (false) {",
      ],
    ],
  },
  {
    name: "acknowledging in a view below the promise",
    edits: [["order/order.ts", `this.#leave("a new view is being formed");`, ""]],
  },
  {
    name: "a linearizable read without the question",
    edits: [["order/reads.ts", "if (question.yes.size < this.#majority) return;", ""]],
  },
  {
    name: "a linearizable read without the messages on hand",
    edits: [["order/reads.ts", "if (next.clock >= time) break;", ""]],
  },
  {
    name: "a linearizable read with only the messages that are not delivered",
    edits: [[
      "order/order.ts",
      "this.#out.confirmed.push({ read, index: this.#order.position.index });",
      "this.#out.confirmed.push({ read, index: 0 });",
    ]],
  },
  {
    name: "a question answered by who has promised a later view",
    // Bites only while who asks has not heard of that view.
    adjust: (profile) => ({
      ...profile,
      replicas: 3,
      writers: [0, 1, 2],
      suspectAfterMs: 300,
      latencyMs: 2,
      writeMs: 0,
      syncMs: 1,
      cutEveryMs: 700,
      crashEveryMs: 3000,
      writeEveryMs: 5,
      eventual: 0,
      readEveryMs: 3,
      linearizable: 1,
    }),
    edits: [[
      "order/order.ts",
      `case "confirm":\n        if (!this.#inView(message.ballot)) return;`,
      `case "confirm":`,
    ]],
  },
  {
    name: "a snapshot without the numbers that it covers",
    edits: [[
      "order/total_order.ts",
      `invariant(n >= this.#deliveredN[origin], "a snapshot holds all that was delivered");
      this.#deliveredN[origin] = n;`,
      "",
    ]],
  },
  {
    name: "an answer to an earlier fetch is followed",
    edits: [[
      "order/catch_up.ts",
      "if (this.#fetching?.source !== from || this.#fetching.number !== fetch) return null;",
      "if (this.#fetching?.source !== from) return null;",
    ]],
  },
  {
    name: "stragglers left out of a view until no majority is left",
    edits: [["order/view.ts", "if (left.filter(counts).length >= quorum) members", "members"]],
  },
  {
    name: "who is left out never catches up",
    edits: [["order/order.ts", "this.#catchUp();", ""]],
  },
  {
    name: "a receiver keeps only the last message of a broadcast",
    edits: [[
      "order/total_order.ts",
      "this.#queue(broadcast, out);\n    return null;",
      "this.#queue({ ...broadcast, messages: broadcast.messages.slice(-1) }, out);\n    return null;",
    ]],
  },
  {
    name: "of a broadcast only the last message goes to the log",
    edits: [[
      "order/total_order.ts",
      `out.writes.push({ type: "received", broadcast });`,
      `out.writes.push({ type: "received", broadcast: { ...broadcast, messages: messages.slice(-1) } });`,
    ]],
  },
  {
    name: "a broadcast counts as received up to its first message",
    edits: [[
      "order/total_order.ts",
      "this.#received[from] = prev;",
      "this.#received[from] = broadcast.messages[0].n;",
    ]],
  },
  {
    name: "a retried operation that counts twice",
    edits: [[
      "store/store.ts",
      "  if (before === undefined) return true;\n",
      `  if (before === undefined || operation.type === "add") return true;\n`,
    ]],
  },
  {
    name: "a retried operation that gives nothing the second time",
    edits: [["store/state.ts", "return before?.result ?? STORED;", "return STORED;"]],
  },
  {
    name: "a condition judged where it is asked",
    edits: [],
    submit: (operation, store) =>
      operation.type === "put" && operation.when === "absent" &&
        store.get(operation.key) === undefined
        ? { ...operation, when: "always" }
        : operation,
  },
  {
    name: "a new folder that takes writes before it is in a view",
    edits: [["order/order.ts", "return !this.#isNew;", "return true;"]],
  },
];

/** What is copied for a variant: all that the core and the store are made of. */
const COPIED = ["", "order/", "store/", "wire/"];

/** The core and the store with the variant's edits, loaded from a copy in this folder. */
export async function loadVariant(
  { name, edits }: Variant,
  folder: string,
): Promise<{ core: Core; store: StoreClass }> {
  const lib = new URL("../../lib/", import.meta.url);
  const root = `${folder}/${name.replaceAll(/\W+/g, "_")}`;
  for (const part of COPIED) {
    await Deno.mkdir(`${root}/${part}`, { recursive: true });
    for await (const { name: file, isFile } of Deno.readDir(new URL(part, lib))) {
      if (isFile) await Deno.copyFile(new URL(part + file, lib), `${root}/${part}${file}`);
    }
  }
  for (const [file, from, to] of edits) {
    const path = `${root}/${file}`;
    const source = await Deno.readTextFile(path);
    if (source.split(from).length !== 2) {
      throw new Error(`variant "${name}": ${file} does not hold exactly once: ${from}`);
    }
    await Deno.writeTextFile(path, source.replace(from, () => to));
  }
  const { Order: core } = await import(new URL(`file://${root}/order/order.ts`).href);
  const { MemoryStore: store } = await import(new URL(`file://${root}/store/memory.ts`).href);
  return { core, store };
}
