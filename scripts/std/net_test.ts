import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { getAvailablePort } from "@std/net/get-available-port";

Deno.test("getAvailablePort gives a port that can be listened on", () => {
  const port = getAvailablePort();
  assert(port > 0 && port < 65536);
  const listener = Deno.listen({ port });
  assertEquals(listener.addr.port, port);
  listener.close();
});

Deno.test("getAvailablePort gives the preferred port, or another if it is taken", () => {
  const preferredPort = getAvailablePort();
  assertEquals(getAvailablePort({ preferredPort }), preferredPort);
  const listener = Deno.listen({ port: preferredPort });
  try {
    assertNotEquals(getAvailablePort({ preferredPort }), preferredPort);
  } finally {
    listener.close();
  }
});
