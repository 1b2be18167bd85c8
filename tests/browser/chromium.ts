/**
 * A real browser without a window, driven by its own protocol: pages are opened, clicked through and
 * read as a person would.
 *
 * ```ts
 * await using browser = await Chromium.start();
 * const page = await browser.open();
 * await page.load("file:///tmp/report.html");
 * assertEquals(await page.text("h1"), "kvdist");
 * ```
 *
 * Protocol: https://chromedevtools.github.io/devtools-protocol/
 *
 * @module
 */

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Where the screenshots go. */
const OUTPUT = new URL("../output/", import.meta.url);

/** A page that does not get there by then, on a busy machine, does not get there. */
const WAIT_MS_MAX = 30_000;
const LOOK_MS = 20;

/** The browser of this machine; null if there is none. */
export function chromiumPath(): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const name of NAMES) {
    for (const folder of folders) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
      } catch {
        // It is not there.
      }
    }
  }
  return null;
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A browser that runs. */
export class Chromium implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  /** By session: told what happens there. */
  readonly #pages = new Map<string, (reply: Reply) => void>();
  #sent = 0;

  private constructor(child: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /** Starts one. */
  static async start(): Promise<Chromium> {
    const path = chromiumPath();
    if (path === null) throw new Error("there is no chromium");
    const profile = await Deno.makeTempDir({ prefix: "kvdist-browser-" });
    const child = new Deno.Command(path, {
      args: [
        ...["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"],
        ...["--no-first-run", "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars"],
        ...["--window-size=1300,1000", `--user-data-dir=${profile}`, "about:blank"],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const socket = new WebSocket(await addressOf(child));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("the browser cannot be reached"));
    });
    return new Chromium(child, profile, socket);
  }

  /** Opens an empty page. */
  async open(): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const attached = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const session = String(attached.sessionId);
    const page = new Page((method, params) => this.send(method, params, session));
    this.#pages.set(session, ({ method = "", params = {} }) => page.happened(method, params));
    return page;
  }

  /** Sends a command; gives its result. */
  send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#sent;
    const waiting = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    return waiting.promise;
  }

  /** Ends it; nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    // It may be gone before it has answered.
    this.send("Browser.close").catch(() => {});
    await Promise.all([this.#child.status, closed]);
    await Deno.remove(this.#profile, { recursive: true });
  }

  #take(reply: Reply): void {
    if (reply.id === undefined) return this.#pages.get(reply.sessionId ?? "")?.(reply);
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error !== undefined) waiting?.reject(new Error(reply.error.message));
    else waiting?.resolve(reply.result ?? {});
  }
}

/** Where it can be reached, as it says first. What it says later is read too, or it would wait. */
async function addressOf(child: Deno.ChildProcess): Promise<string> {
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (address === undefined) continue;
    readToEnd(reader);
    return address;
  }
  throw new Error(`the browser does not start: ${text}`);
}

async function readToEnd(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

type Send = (method: string, params?: object) => Promise<Record<string, unknown>>;

/** A page. */
export class Page {
  /** What the console was told as an error, and what was thrown. */
  readonly errors: string[] = [];
  /** What was asked of the network and failed, or was answered with an error: address and reason. */
  readonly failures: string[] = [];
  /** What was asked of the network. */
  readonly requests: string[] = [];
  readonly #send: Send;
  #loaded: () => void = () => {};

  /** Use {@linkcode Chromium.open}. */
  constructor(send: Send) {
    this.#send = send;
  }

  /** Goes to an address, and waits until it is loaded. */
  async load(url: string): Promise<void> {
    await this.#send("Page.enable");
    await this.#send("Runtime.enable");
    await this.#send("Log.enable");
    await this.#send("Network.enable");
    const loaded = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${url} does not load`)), WAIT_MS_MAX);
      this.#loaded = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    await this.#send("Page.navigate", { url });
    await loaded;
  }

  /** The browser tells of something. */
  happened(method: string, params: Record<string, unknown>): void {
    if (method === "Page.loadEventFired") this.#loaded();
    if (method === "Network.requestWillBeSent") {
      this.requests.push(textOf(params, "request", "url"));
    }
    if (method === "Runtime.exceptionThrown") {
      this.errors.push(JSON.stringify(params.exceptionDetails));
    }
    if (method === "Runtime.consoleAPICalled" && params.type === "error") {
      this.errors.push(JSON.stringify(params.args));
    }
    if (method === "Log.entryAdded" && textOf(params, "entry", "level") === "error") {
      const text = textOf(params, "entry", "text");
      if (textOf(params, "entry", "source") !== "network") this.errors.push(text);
      else this.failures.push(`${textOf(params, "entry", "url")}: ${text}`);
    }
  }

  /** What an expression gives there; a promise is waited for. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", {
      ...{ expression, returnByValue: true, awaitPromise: true },
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return new Map(Object.entries(result ?? {})).get("value");
  }

  /** The texts of all elements that a selector finds. */
  async texts(selector: string): Promise<string[]> {
    const found = await this.evaluate(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].map((e) => e.textContent)`,
    );
    return Array.isArray(found) ? found.map((text) => String(text).trim()) : [];
  }

  /** The text of the first that a selector finds. */
  async text(selector: string): Promise<string> {
    const [text] = await this.texts(selector);
    if (text === undefined) throw new Error(`there is no ${selector}`);
    return text;
  }

  /** How many a selector finds. */
  async count(selector: string): Promise<number> {
    return (await this.texts(selector)).length;
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    const end = performance.now() + WAIT_MS_MAX;
    while (await this.evaluate(`Boolean(${expression})`) !== true) {
      if (performance.now() > end) throw new Error(`waited in vain until ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Waits until all that was asked for is drawn. */
  async drawn(): Promise<void> {
    const frame = "new Promise((done) => requestAnimationFrame(done))";
    await this.evaluate(`${frame}.then(() => ${frame})`);
  }

  /** Clicks, where a person would, on the first that a selector finds. */
  async click(selector: string): Promise<void> {
    const mouse = { ...await this.#middleOf(selector), button: "left", clickCount: 1 };
    await this.#send("Input.dispatchMouseEvent", { type: "mousePressed", ...mouse });
    await this.#send("Input.dispatchMouseEvent", { type: "mouseReleased", ...mouse });
    await this.drawn();
  }

  /** Points at the first that a selector finds. */
  async point(selector: string): Promise<void> {
    const place = await this.#middleOf(selector);
    await this.#send("Input.dispatchMouseEvent", { type: "mouseMoved", ...place });
    await this.drawn();
  }

  /** Scrolls there, and gives where it lies then. */
  async #middleOf(selector: string): Promise<{ x: number; y: number }> {
    const place = await this.evaluate(`(() => {
      const found = document.querySelector(${JSON.stringify(selector)});
      found.scrollIntoView({ block: "center" });
      const { x, y, width, height } = found.getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    })()`);
    const [x, y] = Array.isArray(place) ? place.map(Number) : [];
    return { x, y };
  }

  /** Presses a key. */
  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : {};
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", key, ...text });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", key });
    await this.drawn();
  }

  /** Chooses in a list, or ticks a box. */
  async choose(selector: string, value: string | boolean): Promise<void> {
    const field = typeof value === "boolean" ? "checked" : "value";
    await this.evaluate(`(() => {
      const found = document.querySelector(${JSON.stringify(selector)});
      found.${field} = ${JSON.stringify(value)};
      found.dispatchEvent(new Event("input", { bubbles: true }));
      found.dispatchEvent(new Event("change", { bubbles: true }));
    })()`);
    await this.drawn();
  }

  /** Dark or light, as the system of a user says. */
  async scheme(scheme: "dark" | "light"): Promise<void> {
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.#send("Emulation.setEmulatedMedia", { features });
  }

  /** As it would look on paper, from here on. */
  async onPaper(): Promise<void> {
    await this.#send("Emulation.setEmulatedMedia", { media: "print" });
  }

  /** Makes its window as wide. */
  async width(width: number): Promise<void> {
    const sizes = { width, height: 1000, deviceScaleFactor: 1, mobile: false };
    await this.#send("Emulation.setDeviceMetricsOverride", sizes);
    await this.drawn();
  }

  /** Keeps it as it comes out on paper, to be looked at. */
  async print(name: string): Promise<void> {
    const { data } = await this.#send("Page.printToPDF");
    await keep(`${name}.pdf`, String(data));
  }

  /** Keeps a picture of the whole page, to be looked at. */
  async screenshot(name: string): Promise<void> {
    const { data } = await this.#send("Page.captureScreenshot", { captureBeyondViewport: true });
    await keep(`${name}.png`, String(data));
  }
}

async function keep(name: string, base64: string): Promise<void> {
  await Deno.mkdir(OUTPUT, { recursive: true });
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  await Deno.writeFile(new URL(name, OUTPUT), bytes);
}

function textOf(params: Record<string, unknown>, ...path: readonly string[]): string {
  let value: unknown = params;
  for (const name of path) value = new Map(Object.entries(Object(value))).get(name);
  return String(value);
}
