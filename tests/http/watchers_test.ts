import { assert, assertEquals, assertThrows } from "@std/assert";
import { HttpError } from "../../lib/http/failure.ts";
import { Watchers } from "../../lib/http/watchers.ts";
import { HTTP_WATCHERS_MAX } from "../../lib/limits.ts";

/** Looks that are answered when the test says so. */
class Looks {
  readonly firsts: boolean[] = [];
  #waiting: (() => void)[] = [];

  readonly look = async (first: boolean): Promise<unknown> => {
    this.firsts.push(first);
    const number = this.firsts.length;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return { number };
  };

  answer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What one watcher reads. */
class Reader {
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(stream: ReadableStream<Uint8Array>) {
    const text = new TextDecoderStream();
    stream.pipeTo(text.writable).catch(() => {});
    this.#reader = text.readable.getReader();
  }

  async next(): Promise<string | undefined> {
    return (await this.#reader.read()).value;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

const RETRY = "retry: 1000\n\n";

Deno.test("one look is told to all who watch, as an event", async () => {
  const looks = new Looks();
  const watchers = new Watchers(looks.look);
  const readers = Array.from({ length: 100 }, () => new Reader(watchers.open()));
  assertEquals([watchers.size, looks.firsts], [100, [true]]);
  looks.answer();
  for (const reader of readers) {
    assertEquals(await reader.next(), RETRY);
    assertEquals(await reader.next(), 'data: {"number":1}\n\n');
  }
  assertEquals(looks.firsts.length, 1);
  watchers.close();
  for (const reader of readers) assertEquals(await reader.next(), undefined);
});

Deno.test("who comes later is told at once what was seen last", async () => {
  const looks = new Looks();
  const watchers = new Watchers(looks.look);
  const first = new Reader(watchers.open());
  looks.answer();
  await first.next();
  await first.next();
  const second = new Reader(watchers.open());
  assertEquals(await second.next(), RETRY);
  assertEquals(await second.next(), 'data: {"number":1}\n\n');
  assertEquals(looks.firsts, [true]);
  watchers.close();
});

Deno.test("nobody is looked for when nobody watches any more", async () => {
  const looks = new Looks();
  const watchers = new Watchers(looks.look);
  const reader = new Reader(watchers.open());
  await reader.cancel();
  assertEquals(watchers.size, 0);
  looks.answer();
  watchers.close();
  const late = new Reader(watchers.open());
  assertEquals(await late.next(), undefined);
  assertEquals(looks.firsts, [true]);
});

Deno.test("there may be only so many", () => {
  const looks = new Looks();
  const watchers = new Watchers(looks.look);
  for (let i = 0; i < HTTP_WATCHERS_MAX; i++) watchers.open();
  const error = assertThrows(() => watchers.open(), HttpError);
  assertEquals(error.status, 503);
  assert(error.headers["retry-after"] !== undefined);
  watchers.close();
  looks.answer();
});
