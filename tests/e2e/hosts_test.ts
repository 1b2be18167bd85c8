/** Three hosts, as network namespaces on one bridge: the cable of one is pulled, and put back. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { kvdist } from "../cli/program.ts";
import { Processes } from "./processes.ts";
import { until } from "./until.ts";

const LONG = Deno.env.get("KVDIST_LONG") === "1";
const SUSPECT_AFTER_MS = 1_000;
/** From the pulled cable to the next answered write: suspicion, a view, and a busy machine. */
const GAP_MS_MAX = 10 * SUSPECT_AFTER_MS;

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args }).output();
  if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Hosts with one network between them, reachable from here as long as their cable is in. */
class Network implements AsyncDisposable {
  readonly #name = `kvd${Math.floor(Math.random() * 0xfffff).toString(16)}`;
  readonly #subnet = `10.${200 + Math.floor(Math.random() * 50)}.${
    Math.floor(Math.random() * 250)
  }`;
  readonly #hosts: number;

  private constructor(hosts: number) {
    this.#hosts = hosts;
  }

  /** Makes it; null with the reason if this user or machine may not. */
  static async make(hosts: number): Promise<Network | string> {
    const network = new Network(hosts);
    try {
      await network.#make();
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** A host's address. */
  address(host: number): string {
    return `${this.#subnet}.${host + 1}`;
  }

  /** The command that runs another on a host. */
  within(host: number): string[] {
    return ["ip", "netns", "exec", this.#host(host)];
  }

  /** Pulls a host's cable, or puts it back. */
  async plug(host: number, state: "up" | "down"): Promise<void> {
    await ip("link", "set", this.#cable(host), state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let host = 0; host < this.#hosts; host++) {
      await ip("netns", "del", this.#host(host)).catch(() => {});
      await ip("link", "del", this.#cable(host)).catch(() => {});
    }
    await ip("link", "del", this.#name).catch(() => {});
  }

  #host(host: number): string {
    return `${this.#name}h${host}`;
  }

  #cable(host: number): string {
    return `${this.#name}c${host}`;
  }

  async #make(): Promise<void> {
    await ip("link", "add", this.#name, "type", "bridge");
    await ip("addr", "add", `${this.#subnet}.254/24`, "dev", this.#name);
    await ip("link", "set", this.#name, "up");
    for (let host = 0; host < this.#hosts; host++) {
      const name = this.#host(host);
      await ip("netns", "add", name);
      const plug = `${this.#cable(host)}p`;
      await ip("link", "add", this.#cable(host), "type", "veth", "peer", "name", plug);
      await ip("link", "set", plug, "netns", name);
      await ip("link", "set", this.#cable(host), "master", this.#name);
      await ip("link", "set", this.#cable(host), "up");
      await ip("-n", name, "addr", "add", `${this.address(host)}/24`, "dev", plug);
      await ip("-n", name, "link", "set", plug, "up");
      await ip("-n", name, "link", "set", "lo", "up");
    }
  }
}

Deno.test({ name: "three hosts, and the cable of one is pulled", ignore: !LONG }, async () => {
  const network = await Network.make(3);
  if (typeof network === "string") {
    return console.log(
      `skipped: no network of its own can be made (needs root and ip): ${network}`,
    );
  }
  await using _network = network;
  await using cluster = await Processes.create({
    args: ["--suspect-after", `${SUSPECT_AFTER_MS}ms`],
    hosts: [0, 1, 2].map((id) => network.address(id)),
    within: (id) => network.within(id),
  });
  await cluster.startAll();
  await cluster.live([0, 1, 2]);

  for (const cut of [2, 0]) {
    const others = cluster.ids.filter((id) => id !== cut);
    using client = await cluster.client(others[0]);
    await client.set("x", `before ${cut}`);

    await network.plug(cut, "down");
    const began = performance.now();
    await client.set("x", `without ${cut}`, { timeout: 30_000 });
    const gap = performance.now() - began;
    assert(gap < GAP_MS_MAX, `${gap} ms without a write`);
    await cluster.live(others);
    using other = await cluster.client(others[1]);
    await until("the other has it too", async () => await other.get("x") === `without ${cut}`);

    // At the cut one: old reads, no ordered write, and an eventual one for later.
    const on = { within: network.within(cut) };
    const at = cluster.clients[cut];
    const asked = await Promise.all([
      kvdist(["client", at, "get", "x"], on),
      kvdist(["client", at, "set", "y", "1"], on),
      kvdist(["client", at, "set", `late ${cut}`, "1", "--consistency", "eventual"], on),
    ]);
    assertEquals([asked[0].code, asked[0].stdout], [0, `before ${cut}\n`]);
    assertEquals(asked[1].code, 1);
    assertStringIncludes(asked[1].stderr, "no_quorum");
    assertEquals([asked[2].code, asked[2].stdout], [0, "STORED\n"]);

    await network.plug(cut, "up");
    for (const held of await cluster.settled()) {
      assertEquals(held.get("x"), `without ${cut}`);
      assertEquals(held.get(`late ${cut}`), "1");
    }
    console.log(`replica ${cut} cut off: ${Math.round(gap)} ms without a write at the others`);
  }
});
