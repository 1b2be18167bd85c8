import { assertEquals, assertStringIncludes } from "@std/assert";
import { FakeServer } from "../client/fake_server.ts";
import { denoArguments } from "./program.ts";
import { HAS_TERMINAL, Terminal } from "./terminal.ts";

/** The client as a shell's command, with a history in this folder. */
function commandLine(address: string, history: string): string {
  const words = [
    Deno.execPath(),
    ...denoArguments([
      "--allow-net",
      "--allow-env=KVDIST_*,NO_COLOR,TERM,HOME,XDG_STATE_HOME",
      `--allow-read=${history}`,
      `--allow-write=${history}`,
    ]),
    ...["client", address],
  ];
  return words.map((word) => `'${word}'`).join(" ");
}

Deno.test({
  name: "on a terminal: prompt, completion, Ctrl-C, a lost replica, history, Ctrl-D",
  ignore: !HAS_TERMINAL,
  async fn() {
    const state = await Deno.makeTempDir();
    const history = `${state}/kvdist`;
    const first = new FakeServer();
    const { port } = first;
    try {
      using terminal = new Terminal(commandLine(first.address, history), { XDG_STATE_HOME: state });
      const prompt = `kvdist 0@${first.address}> `;
      await terminal.until(prompt);
      await terminal.type("se");
      await terminal.type("\t");
      await terminal.until("set ");
      await terminal.type('"ключ é" "日本 \\u001b[2J"\r');
      await terminal.until("STORED");
      await terminal.until(prompt);
      assertEquals([...first.held], [["ключ é", "日本 \x1b[2J"]]);
      await terminal.type('get "ключ é"\r');
      await terminal.until("\n日本 \\u001b[2J");
      await terminal.until(prompt);
      // What is no UTF-8 drives no terminal either.
      await terminal.type('append bytes "\\udcff"\r');
      await terminal.until("1\r\n");
      await terminal.until(prompt);
      await terminal.type("get bytes\r");
      await terminal.until("\n\\udcff\r\n");
      await terminal.until(prompt);
      await terminal.type("set bytes 1 --if present\r");
      await terminal.until("STORED");
      await terminal.until(prompt);
      await terminal.type("frobnicate");
      await terminal.until("frobnicate");
      await terminal.type("\x03");
      await terminal.until("^C");
      await terminal.until(prompt);
      first[Symbol.dispose]();
      await terminal.until("waiting for it to come back");
      await terminal.until("(not connected)> ");
      using _second = new FakeServer({}, port);
      await terminal.until(`connected again to ${first.address}: the connection to`);
      await terminal.until(prompt);
      await terminal.type("status\r");
      assertStringIncludes(await terminal.until("version"), "0 of 3");
      await terminal.until(prompt);
      await terminal.type("\x04");
      assertEquals(await terminal.ended(), 0);
      assertEquals(
        await Deno.readTextFile(`${history}/history`),
        'set "ключ é" "日本 \\u001b[2J"\nget "ключ é"\n' +
          'append bytes "\\udcff"\nget bytes\nset bytes 1 --if present\nstatus\n',
      );
    } finally {
      first[Symbol.dispose]();
      await Deno.remove(state, { recursive: true });
    }
  },
});

Deno.test({
  name: "on a terminal, with several addresses: it moves, says so, and keeps what it has seen",
  ignore: !HAS_TERMINAL,
  async fn() {
    const state = await Deno.makeTempDir();
    const tokens: unknown[] = [];
    const first = new FakeServer({ status: {} });
    const { port } = first;
    const second = new FakeServer({
      status: { id: 1 },
      batch: (requests) =>
        tokens.push(
          ...requests.flatMap((request) => request.type === "get" ? [request.options.token] : []),
        ),
    });
    try {
      const address = `${first.address},${second.address}`;
      using terminal = new Terminal(commandLine(address, `${state}/kvdist`), {
        XDG_STATE_HOME: state,
      });
      await terminal.until(`kvdist 0@${first.address}> `);
      await terminal.type("set x 1\r");
      await terminal.until("STORED");
      await terminal.until(`kvdist 0@${first.address}> `);
      first[Symbol.dispose]();
      await terminal.until(`moved to ${second.address}: the connection to ${first.address} ended`);
      await terminal.until(`kvdist 1@${second.address}> `);
      await terminal.type("get x\r");
      await terminal.until("(not found)");
      assertEquals(tokens, [[1]]);
      await terminal.until(`kvdist 1@${second.address}> `);
      second[Symbol.dispose]();
      await terminal.until("waiting for it to come back");
      await terminal.until("(not connected)> ");
      using _back = new FakeServer({ status: {} }, port);
      await terminal.until(`moved to ${first.address}: it answers again`);
      await terminal.until(`kvdist 0@${first.address}> `);
      await terminal.type("\x04");
      assertEquals(await terminal.ended(), 0);
    } finally {
      first[Symbol.dispose]();
      second[Symbol.dispose]();
      await Deno.remove(state, { recursive: true });
    }
  },
});
