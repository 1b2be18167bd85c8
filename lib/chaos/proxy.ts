/**
 * A TCP proxy in the middle of one link: it can hold or slow what goes either way, and break the
 * connections. What it holds it does not lose: as in a network, it comes late, or its connection
 * breaks.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import { CHAOS_LINK_BYTES_MAX, READ_BUFFER_BYTES } from "../limits.ts";
import { Gate } from "./gate.ts";

/** From who dialled to who was dialled, or back. */
export type Direction = "forth" | "back";

const DIRECTIONS: readonly Direction[] = ["forth", "back"];

/** How a direction treats what passes. */
class Weather {
  /** Closed while anybody has cut it: faults overlap. */
  readonly gate = new Gate();
  readonly #delays: number[] = [];

  /** The longest delay asked for, in milliseconds. */
  get delayMs(): number {
    return Math.max(0, ...this.#delays);
  }

  slow(delayMs: number): () => void {
    this.#delays.push(delayMs);
    return once(() => this.#delays.splice(this.#delays.indexOf(delayMs), 1));
  }
}

/** The proxy of one link. */
export class LinkProxy implements Disposable {
  /** Where it listens, on this machine. */
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #target: Deno.ConnectOptions;
  readonly #weather: Record<Direction, Weather> = { forth: new Weather(), back: new Weather() };
  readonly #connections = new Set<Connection>();

  /** Listens on a free port for who dials, and dials `target` for each. */
  constructor(target: Deno.ConnectOptions) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#acceptAll();
  }

  /** How many connections go through it. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Holds what goes there, from now until what it gives back is called. */
  cut(direction: Direction): () => void {
    return this.#weather[direction].gate.close();
  }

  /** Delays what goes there, from now until what it gives back is called. */
  slow(direction: Direction, delayMs: number): () => void {
    return this.#weather[direction].slow(delayMs);
  }

  /** Breaks all connections; what they held is lost. */
  reset(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#listener.close();
    this.reset();
  }

  async #acceptAll(): Promise<void> {
    for (;;) {
      try {
        this.#carry(await this.#listener.accept());
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        if (error instanceof Deno.errors.Interrupted) return;
      }
    }
  }

  async #carry(dialler: Deno.TcpConn): Promise<void> {
    let dialled: Deno.TcpConn;
    try {
      dialled = await Deno.connect(this.#target);
    } catch {
      // As if it had been refused itself.
      dialler.close();
      return;
    }
    const connection = new Connection(dialler, dialled, this.#weather);
    this.#connections.add(connection);
    await connection.ended;
    this.#connections.delete(connection);
  }
}

/** One connection through the proxy. */
class Connection {
  /** Resolves when both directions have ended. */
  readonly ended: Promise<unknown>;
  readonly #ends: readonly Deno.TcpConn[];
  readonly #pumps: readonly Pump[];

  constructor(dialler: Deno.TcpConn, dialled: Deno.TcpConn, weather: Record<Direction, Weather>) {
    this.#ends = [dialler, dialled];
    for (const end of this.#ends) end.setNoDelay(true);
    this.#pumps = DIRECTIONS.map((direction) =>
      direction === "forth"
        ? new Pump(dialler, dialled, weather.forth)
        : new Pump(dialled, dialler, weather.back)
    );
    this.ended = Promise.all(this.#pumps.map(({ ended }) => ended)).then(() => this.close());
  }

  close(): void {
    for (const pump of this.#pumps) pump.stop();
    for (const end of this.#ends) {
      try {
        end.close();
      } catch (error) {
        invariant(error instanceof Deno.errors.BadResource, "a connection is closed, or is not");
      }
    }
  }
}

/** Bytes on their way, or the end of the stream. */
interface Held {
  readonly bytes: Uint8Array | null;
  /** When they arrive, if nothing holds them. */
  readonly due: number;
}

/** Carries one direction of a connection. */
class Pump {
  readonly ended: Promise<unknown>;
  readonly #from: Deno.TcpConn;
  readonly #to: Deno.TcpConn;
  readonly #weather: Weather;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  /** Wakes whoever waits for a change: bytes came, or went, or it was stopped. */
  #changed = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;

  constructor(from: Deno.TcpConn, to: Deno.TcpConn, weather: Weather) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    this.ended = Promise.all([this.#read(), this.#write()]);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopped.resolve();
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #hold(bytes: Uint8Array | null): void {
    this.#held.push({ bytes, due: performance.now() + this.#weather.delayMs });
    this.#heldBytes += bytes?.length ?? 0;
    this.#wake();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BUFFER_BYTES);
    while (!this.#isStopped) {
      if (this.#heldBytes > CHAOS_LINK_BYTES_MAX) {
        await this.#changed.promise;
        continue;
      }
      // A connection that was reset ends like any other: what came before it is still delivered.
      const count = await this.#from.read(buffer).catch(() => null);
      this.#hold(count === null ? null : buffer.slice(0, count));
      if (count === null) return;
    }
  }

  async #write(): Promise<void> {
    while (!this.#isStopped) {
      const first = this.#held[0];
      if (first === undefined) await this.#changed.promise;
      else if (this.#weather.gate.isClosed) await this.#orStopped(this.#weather.gate.opened);
      else if (first.due > performance.now()) await this.#sleepUntil(first.due);
      else if (!await this.#deliver(first)) return;
    }
  }

  /** Gives the first of what is held to its receiver; false if it was the last. */
  async #deliver({ bytes }: Held): Promise<boolean> {
    this.#held.shift();
    try {
      if (bytes === null) {
        await this.#to.closeWrite();
        return false;
      }
      this.#heldBytes -= bytes.length;
      this.#wake();
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.#to.write(rest));
      return true;
    } catch {
      // Nobody receives it any more. The reader must notice too.
      this.stop();
      this.#closeFrom();
      return false;
    }
  }

  #closeFrom(): void {
    try {
      this.#from.close();
    } catch {
      // It was closed already.
    }
  }

  async #sleepUntil(time: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(1, time - performance.now()));
    });
    await this.#orStopped(passed);
    clearTimeout(timer);
  }

  async #orStopped(promise: Promise<void>): Promise<void> {
    await Promise.race([promise, this.#stopped.promise]);
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
