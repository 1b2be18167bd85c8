import { assertEquals, assertRejects } from "@std/assert";
import { readBody } from "../../lib/http/body.ts";
import { HttpError } from "../../lib/http/failure.ts";

/** A request with a body in these parts, whose end may never come. */
function put(parts: readonly Uint8Array[], { ends = true, headers = {} } = {}) {
  let taken = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (taken < parts.length) return controller.enqueue(parts[taken++]);
      if (ends) return controller.close();
      await new Promise(() => {});
    },
    cancel: () => {
      cancelled = true;
    },
  }, { highWaterMark: 0 });
  const request = new Request("http://127.0.0.1/", { method: "PUT", body, headers });
  return { request, taken: () => taken, cancelled: () => cancelled };
}

const LIMITS = { bytes: 10, ms: 10_000 };

Deno.test("a body comes whole, however it is cut", async () => {
  const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);
  for (let cut = 0; cut <= 10; cut++) {
    const { request } = put([bytes.slice(0, cut), bytes.slice(cut)]);
    assertEquals(await readBody(request, LIMITS), bytes);
  }
  assertEquals(await readBody(put([]).request, LIMITS), new Uint8Array());
  const none = new Request("http://127.0.0.1/", { method: "PUT" });
  assertEquals(await readBody(none, LIMITS), new Uint8Array());
});

Deno.test("one that is too long is read no further than that shows", async () => {
  const part = new Uint8Array(6);
  const body = put([part, part, part, part]);
  const error = await assertRejects(() => readBody(body.request, LIMITS), HttpError);
  assertEquals([error.status, error.code, error.maybe], [413, "too_large", false]);
  assertEquals([body.taken(), body.cancelled()], [2, true]);
});

Deno.test("one that says so itself is not read at all", async () => {
  const body = put([new Uint8Array(1)], { headers: { "content-length": "11" } });
  const error = await assertRejects(() => readBody(body.request, LIMITS), HttpError);
  assertEquals([error.status, body.taken()], [413, 0]);
});

Deno.test("one that does not come is given up", async () => {
  const { request } = put([new Uint8Array(1)], { ends: false });
  const error = await assertRejects(() => readBody(request, { bytes: 10, ms: 1 }), HttpError);
  assertEquals([error.status, error.code, error.maybe], [408, "timeout", false]);
});

Deno.test("one that breaks off is none", async () => {
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("reset")),
  });
  const request = new Request("http://127.0.0.1/", { method: "PUT", body });
  const error = await assertRejects(() => readBody(request, LIMITS), HttpError);
  assertEquals([error.status, error.code], [400, "bad_request"]);
});
