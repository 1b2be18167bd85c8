/**
 * A power cut: what the folder may have forgotten, and as whom it goes on.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Message } from "../../lib/order/message.ts";
import type { Fsync } from "../../lib/store/boot.ts";
import type { SqliteStore } from "../../lib/store/sqlite.ts";
import {
  afterPowerCut,
  apply,
  commit,
  copyAsKilled,
  inFolder,
  load,
  message,
  open,
  SELF,
  set,
  VIEW,
} from "./stores.ts";

const MODES: readonly Fsync[] = ["always", "interval", "never"];

function install(store: SqliteStore, pending: Message[] = []): void {
  const { identity } = store.load();
  const identities = VIEW.identities.map((other, id) => id === SELF ? identity : other);
  const view = { ...VIEW, identities };
  commit(store, { writes: [{ type: "installed", view, pending, outbox: [], n: 0 }] });
}

function who(store: SqliteStore): (string | null)[] {
  const { identity, former } = store.load();
  return [identity, former];
}

Deno.test("a killed process forgets nothing: the folder stays what it was", async () => {
  for (const fsync of MODES) {
    await inFolder(async (path) => {
      const store = await open(path, fsync);
      apply(store, set("a", "1"));
      copyAsKilled(path, `${path}-killed`);
      const killed = await open(`${path}-killed`, fsync);
      assertEquals([killed.mayHaveForgotten, who(killed)], [false, who(store)]);
      assertEquals(killed.get("a"), "1");
      killed.close();
      store.close();
    });
  }
});

Deno.test("after a power cut a folder is another one, unless all was forced to disk", async () => {
  for (const fsync of MODES) {
    await inFolder(async (path) => {
      const store = await open(path, fsync);
      apply(store, set("a", "1"));
      const [identity] = who(store);
      await afterPowerCut(path, `${path}-cut`);
      // How it is opened now does not matter, only how it was written.
      for (const now of MODES) {
        copyAsKilled(`${path}-cut`, `${path}-cut-${now}`);
        const cut = await open(`${path}-cut-${now}`, now);
        assertEquals(cut.mayHaveForgotten, true);
        const [renewed, former] = who(cut);
        if (fsync === "always") assertEquals([renewed, former], [identity, null]);
        else assert(renewed !== identity && former === identity);
        assertEquals([cut.get("a"), load(cut).position], ["1", load(store).position]);
        cut.close();
      }
      store.close();
    });
  }
});

Deno.test("a clean stop leaves nothing to forget", async () => {
  for (const fsync of MODES) {
    await inFolder(async (path) => {
      const store = await open(path, fsync);
      apply(store, set("a", "1"));
      const before = who(store);
      store.close();
      await assertRejects(() => afterPowerCut(path, `${path}-cut`), Error, "nothing was noted");
      const again = await open(path, fsync);
      assertEquals([again.mayHaveForgotten, who(again)], [false, before]);
      again.close();
    });
  }
});

Deno.test("the former identity is kept until a view knows the new one, over more power cuts", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "interval");
    apply(store, set("a", "1"));
    const [first] = who(store);
    await afterPowerCut(path, `${path}-1`);
    store.close();

    const once = await open(`${path}-1`, "interval");
    const [second] = who(once);
    // A view that knows only the former one clears nothing.
    commit(once, { writes: [{ type: "installed", view: VIEW, pending: [], outbox: [], n: 0 }] });
    assertEquals(who(once), [second, first]);
    await afterPowerCut(`${path}-1`, `${path}-2`);
    once.close();

    const twice = await open(`${path}-2`, "interval");
    const [third, former] = who(twice);
    assert(third !== second && third !== first);
    assertEquals(former, first);
    install(twice);
    assertEquals(who(twice), [third, null]);
    // From here on it is a folder like any other.
    await afterPowerCut(`${path}-2`, `${path}-3`);
    twice.close();
    const thrice = await open(`${path}-3`, "always");
    assertEquals(who(thrice)[1], third);
    thrice.close();
  });
});

Deno.test("killed after the power cut, the new identity stays", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "never");
    apply(store, set("a", "1"));
    await afterPowerCut(path, `${path}-cut`);
    store.close();
    const cut = await open(`${path}-cut`, "never");
    // Not even a commit was made.
    copyAsKilled(`${path}-cut`, `${path}-killed`);
    const killed = await open(`${path}-killed`, "never");
    assertEquals([who(killed), killed.mayHaveForgotten], [who(cut), true]);
    cut.close();
    killed.close();
  });
});

Deno.test("the weakest setting since the last clean stop counts", async () => {
  await inFolder(async (path) => {
    const store = await open(path, "never");
    apply(store, set("a", "1"));
    const [identity] = who(store);
    copyAsKilled(path, `${path}-killed`);
    store.close();
    const strict = await open(`${path}-killed`, "always");
    apply(strict, set("a", "2"));
    await afterPowerCut(`${path}-killed`, `${path}-cut`);
    strict.close();
    const cut = await open(`${path}-cut`, "always");
    assertEquals(who(cut)[1], identity);
    cut.close();
    // After a clean stop only what came then counts.
    const clean = await open(`${path}-killed`, "always");
    apply(clean, set("a", "3"));
    await afterPowerCut(`${path}-killed`, `${path}-again`);
    clean.close();
    const again = await open(`${path}-again`, "always");
    assertEquals(who(again), [identity, null]);
    again.close();
  });
});

Deno.test("it may have forgotten until a view has begun and its messages are delivered", async () => {
  await inFolder(async (path) => {
    const store = await open(path);
    apply(store, set("a", "1"));
    await afterPowerCut(path, `${path}-cut`);
    store.close();
    const cut = await open(`${path}-cut`);
    let copies = 0;
    /** What a process that is started now, after a kill, would say. */
    const says = async () => {
      const to = `${path}-${++copies}`;
      copyAsKilled(`${path}-cut`, to);
      const killed = await open(to);
      const { mayHaveForgotten } = killed;
      killed.close();
      return mayHaveForgotten;
    };
    apply(cut, set("b", "1"));
    assertEquals(await says(), true);
    const carried = [message(0, 7, 7), message(2, 8, 8)];
    install(cut, carried);
    assertEquals(await says(), true);
    commit(cut, { deliver: [{ index: 3, message: carried[0] }] });
    assertEquals(await says(), true);
    commit(cut, { deliver: [{ index: 4, message: carried[1] }] });
    assertEquals(await says(), false);
    // This process is told once, when it begins.
    assertEquals(cut.mayHaveForgotten, true);
    cut.close();
  });
});

Deno.test("a clean stop before a view has begun does not make good for a power cut", async () => {
  for (const fsync of MODES) {
    await inFolder(async (path) => {
      const store = await open(path, fsync);
      apply(store, set("a", "1"));
      await afterPowerCut(path, `${path}-cut`);
      store.close();
      const cut = await open(`${path}-cut`, fsync);
      commit(cut, { writes: [{ type: "promised", ballot: { round: 9, id: 0 } }] });
      const identity = who(cut);
      cut.close();
      const again = await open(`${path}-cut`, fsync);
      assertEquals([again.mayHaveForgotten, who(again)], [true, identity]);
      install(again);
      again.close();
      const settled = await open(`${path}-cut`, fsync);
      assertEquals([settled.mayHaveForgotten, who(settled)[0]], [false, identity[0]]);
      settled.close();
    });
  }
});

Deno.test("a new folder may have forgotten what its first view begins with", async () => {
  await inFolder(async (path) => {
    const store = await open(path);
    const carried = message(0, 7, 7);
    install(store, [carried]);
    store.close();
    const again = await open(path);
    assertEquals(again.mayHaveForgotten, true);
    install(again, [carried]);
    commit(again, { deliver: [{ index: 1, message: carried }] });
    again.close();
    const settled = await open(path);
    assertEquals(settled.mayHaveForgotten, false);
    settled.close();
  });
});
