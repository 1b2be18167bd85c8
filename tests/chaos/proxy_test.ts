import { assert, assertEquals } from "@std/assert";
import { LinkProxy } from "../../lib/chaos/proxy.ts";

/** Two ends of a connection through a proxy. */
class Pair implements Disposable {
  readonly proxy: LinkProxy;
  readonly dialler: End;
  readonly dialled: End;
  readonly #listener: Deno.TcpListener;

  private constructor(
    listener: Deno.TcpListener,
    proxy: LinkProxy,
    dialler: Deno.TcpConn,
    dialled: Deno.TcpConn,
  ) {
    this.#listener = listener;
    this.proxy = proxy;
    this.dialler = new End(dialler);
    this.dialled = new End(dialled);
  }

  static async make(): Promise<Pair> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const proxy = new LinkProxy({ hostname: "127.0.0.1", port: listener.addr.port });
    const [dialler, dialled] = await Promise.all([
      Deno.connect({ hostname: "127.0.0.1", port: proxy.port }),
      listener.accept(),
    ]);
    return new Pair(listener, proxy, dialler, dialled);
  }

  [Symbol.dispose](): void {
    this.dialler.close();
    this.dialled.close();
    this.proxy[Symbol.dispose]();
    this.#listener.close();
  }
}

/** One end: what has come to it is kept. */
class End {
  text = "";
  ended = false;
  readonly #conn: Deno.TcpConn;
  #changed = Promise.withResolvers<void>();

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#read();
  }

  async send(text: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(text));
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const decoder = new TextDecoder();
    for (;;) {
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) this.ended = true;
      else this.text += decoder.decode(buffer.subarray(0, count), { stream: true });
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
      if (count === null) return;
    }
  }
}

Deno.test("a proxy carries both ways, all of it, in order", async () => {
  using pair = await Pair.make();
  const long = Array.from({ length: 200_000 }, (_, i) => String(i)).join(" ");
  const sent = pair.dialler.send("a").then(() => pair.dialler.send("b"));
  await pair.dialled.send("c");
  await sent;
  await pair.dialled.until(() => pair.dialled.text === "ab");
  await pair.dialler.until(() => pair.dialler.text === "c");
  pair.dialled.text = "";
  for (let at = 0; at < long.length; at += 50_000) {
    await pair.dialler.send(long.slice(at, at + 50_000));
  }
  await pair.dialled.until(() => pair.dialled.text.length === long.length);
  assert(pair.dialled.text === long);
});

Deno.test("a one-way cut holds one way and lets the other pass; what was held comes late", async () => {
  using pair = await Pair.make();
  const heal = pair.proxy.cut("forth");
  await pair.dialler.send("held");
  // What goes the other way, there and back again, is no quicker than what is held would be.
  for (const text of ["1", "12", "123"]) {
    await pair.dialled.send(text.slice(-1));
    await pair.dialler.until(() => pair.dialler.text === text);
  }
  assertEquals(pair.dialled.text, "");
  heal();
  await pair.dialled.until(() => pair.dialled.text === "held");
});

Deno.test("a way that was cut twice is open when both are healed, each once", async () => {
  using pair = await Pair.make();
  const [one, other] = [pair.proxy.cut("forth"), pair.proxy.cut("forth")];
  one();
  one();
  await pair.dialler.send("held");
  await pair.dialled.send("x");
  await pair.dialler.until(() => pair.dialler.text === "x");
  assertEquals(pair.dialled.text, "");
  other();
  await pair.dialled.until(() => pair.dialled.text === "held");
});

Deno.test("a new connection through a cut is made, and says nothing", async () => {
  using pair = await Pair.make();
  const heals = [pair.proxy.cut("forth"), pair.proxy.cut("back")];
  const end = new End(await Deno.connect({ hostname: "127.0.0.1", port: pair.proxy.port }));
  await end.send("hello");
  await pair.dialler.send("held");
  assertEquals([pair.dialled.text, end.text, end.ended], ["", "", false]);
  heals.forEach((heal) => heal());
  await pair.dialled.until(() => pair.dialled.text === "held");
  end.close();
});

Deno.test("a slow way brings everything, in order, not before its time", async () => {
  using pair = await Pair.make();
  const heal = pair.proxy.slow("back", 120);
  const began = performance.now();
  await pair.dialled.send("a");
  await pair.dialled.send("b");
  await pair.dialler.send("quick");
  await pair.dialled.until(() => pair.dialled.text === "quick");
  await pair.dialler.until(() => pair.dialler.text === "ab");
  assert(performance.now() - began >= 119);
  heal();
  await pair.dialled.send("c");
  await pair.dialler.until(() => pair.dialler.text === "abc");
});

Deno.test("a reset ends both ends, and what was held is lost", async () => {
  using pair = await Pair.make();
  const heal = pair.proxy.cut("forth");
  await pair.dialler.send("lost");
  pair.proxy.reset();
  heal();
  await pair.dialler.until(() => pair.dialler.ended);
  await pair.dialled.until(() => pair.dialled.ended);
  assertEquals(pair.dialled.text, "");
});

Deno.test("the end of a stream passes behind what came before it", async () => {
  using pair = await Pair.make();
  const heal = pair.proxy.cut("forth");
  await pair.dialler.send("last words");
  pair.dialler.close();
  assertEquals(pair.dialled.ended, false);
  heal();
  await pair.dialled.until(() => pair.dialled.ended);
  assertEquals(pair.dialled.text, "last words");
  pair.dialled.close();
});

Deno.test("who dials a proxy whose target listens no more is refused", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using proxy = new LinkProxy({ hostname: "127.0.0.1", port: listener.addr.port });
  listener.close();
  const end = new End(await Deno.connect({ hostname: "127.0.0.1", port: proxy.port }));
  await end.until(() => end.ended);
  assertEquals(proxy.connections, 0);
  end.close();
});
