import { assert, assertEquals, assertRejects } from "@std/assert";
import { RespClient } from "../../lib/chaos/resp_client.ts";
import { ConnectionError, RequestError } from "../../lib/errors.ts";

/** A server that answers whatever is asked with these, the next for each read, then ends. */
async function answering<T>(
  answers: readonly string[],
  act: (address: string) => Promise<T>,
): Promise<{ result: T; asked: string }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let asked = "";
  const served = (async () => {
    using conn = await listener.accept();
    const buffer = new Uint8Array(4096);
    for (const answer of ["+OK\r\n", ...answers]) {
      const count = await conn.read(buffer);
      if (count === null) return;
      asked += new TextDecoder().decode(buffer.subarray(0, count));
      // In two pieces: what has come may end anywhere.
      for (const piece of [answer.slice(0, 3), answer.slice(3)]) {
        if (piece !== "") await conn.write(new TextEncoder().encode(piece));
      }
    }
  })();
  try {
    const result = await act(`127.0.0.1:${listener.addr.port}`);
    await served;
    return { result, asked };
  } finally {
    listener.close();
  }
}

Deno.test("a client chooses its level, sets and gets", async () => {
  const { result, asked } = await answering(
    ["+OK\r\n", "$2\r\nhé\r\n", "$-1\r\n"],
    async (address) => {
      const client = await RespClient.connect(address, "sequential");
      await client.set("k", "é");
      const values = [await client.get("k"), await client.get("none")];
      client.close();
      assert(client.closed);
      return values;
    },
  );
  assertEquals(result, ["hé", null]);
  assertEquals(
    asked,
    "*3\r\n$6\r\nKVDIST\r\n$11\r\nCONSISTENCY\r\n$10\r\nsequential\r\n" +
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\né\r\n" +
      "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*2\r\n$3\r\nGET\r\n$4\r\nnone\r\n",
  );
});

Deno.test("a refusal says what it is, and whether the write may still happen", async () => {
  const refusals = [
    ["-NOQUORUM no majority\r\n", "no_quorum", false],
    ["-TIMEOUT not applied (maybe: the write may still happen)\r\n", "timeout", true],
    ["-ERR who knows\r\n", "internal", false],
  ] as const;
  await answering(refusals.map(([answer]) => answer), async (address) => {
    const client = await RespClient.connect(address, "sequential");
    for (const [, code, maybe] of refusals) {
      const error = await assertRejects(() => client.set("k", "v"), RequestError);
      assertEquals([error.code, error.maybe], [code, maybe]);
    }
    assert(!client.closed);
    client.close();
  });
});

Deno.test("a write on a connection that ends may have happened, a read has no effect", async () => {
  await answering([""], async (address) => {
    const client = await RespClient.connect(address, "sequential");
    const error = await assertRejects(() => client.set("k", "v"), ConnectionError);
    assert(error.maybe && client.closed);
    const read = await assertRejects(() => client.get("k"), ConnectionError);
    assert(!read.maybe);
  });
});
