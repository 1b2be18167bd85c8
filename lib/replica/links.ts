/**
 * The links to the peers: one TCP connection for each pair of replicas, dialled by the one with
 * the higher id, and made again whenever it breaks. It begins with a hello in both directions;
 * who says anything else first, or a hello that does not fit, changes nothing.
 *
 * @module
 */

import { reason } from "../errors.ts";
import {
  FRAME_BYTES_MAX,
  HELLO_BYTES_MAX,
  HELLO_WAIT_MS,
  OUTBOX_MESSAGES_MAX,
  REDIAL_MS_MAX,
  REDIAL_MS_MIN,
  type WireLimits,
} from "../limits.ts";
import type { Log } from "../log.ts";
import type { PeerMessage } from "../order/message.ts";
import { brief } from "../wire/json.ts";
import {
  decodeHello,
  decodeRefusal,
  encodeHello,
  encodePeerMessage,
  encodeRefusal,
  type Hello,
  PeerDecoder,
  PROTOCOL,
} from "../wire/peer.ts";
import { acceptAll } from "./accept.ts";
import { Channel } from "./channel.ts";

/** What links tell the replica. */
export interface LinkEvents {
  up(peer: number): void;
  down(peer: number): void;
  receive(peer: number, message: PeerMessage): void;
}

/** What links are made from. */
export interface LinkOptions {
  /** What this replica says of itself; the cluster may become known while it runs. */
  readonly hello: () => Hello;
  /** The folder identity that the installed view names for a replica; null if none is known. */
  readonly identityOf: (id: number) => string | null;
  readonly limits: WireLimits;
  readonly log: Log;
  readonly events: LinkEvents;
}

/** A peer's address. */
export interface PeerAddress {
  readonly hostname: string;
  readonly port: number;
}

interface Link {
  readonly channel: Channel;
  readonly identity: string;
}

/** The links of one replica. */
export class Links {
  readonly #options: LinkOptions;
  readonly #frameBytesMax: number;
  readonly #links = new Map<number, Link>();
  readonly #dirty = new Set<Channel>();
  readonly #strangers = new Set<Channel>();
  readonly #refusals = new Map<number, string>();
  #listener: Deno.TcpListener | null = null;
  #closed = false;
  readonly #closing = Promise.withResolvers<void>();

  /** No link is made yet. */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#frameBytesMax = Math.max(FRAME_BYTES_MAX, options.limits.frameBytes);
  }

  /** Takes what peers with a higher id dial. */
  listen(listener: Deno.TcpListener): void {
    this.#listener = listener;
    acceptAll(listener, (conn) => this.#accept(conn), this.#options.log);
  }

  /** Dials the peers with a lower id, now and whenever a link is gone. */
  dial(peers: readonly PeerAddress[]): void {
    const { id } = this.#options.hello();
    peers.forEach((address, peer) => {
      if (peer < id) this.#keepDialling(peer, address);
    });
  }

  /** Adds a message to what the next {@linkcode flush} sends; dropped without a link. */
  send(to: number, message: PeerMessage): void {
    const link = this.#links.get(to);
    if (link === undefined) return;
    encodePeerMessage(message, (frame) => link.channel.add(frame));
    this.#dirty.add(link.channel);
  }

  /** Sends what was added, one write for each peer. */
  flush(): void {
    for (const channel of this.#dirty) channel.flush();
    this.#dirty.clear();
  }

  /** Ends the link to a peer; it is made again. */
  break(peer: number, why: string): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#options.log({ level: "warn", event: "link broken", peer, reason: why });
    link.channel.close();
  }

  /** Ends all links for good. */
  close(): void {
    this.#closed = true;
    this.#closing.resolve();
    this.#listener?.close();
    for (const { channel } of this.#links.values()) channel.close();
    for (const channel of this.#strangers) channel.close();
  }

  async #keepDialling(peer: number, address: PeerAddress): Promise<void> {
    let wait = REDIAL_MS_MIN;
    while (!this.#closed) {
      const began = performance.now();
      try {
        await this.#dialOnce(peer, address);
      } catch (error) {
        this.#options.log({ level: "debug", event: "no link", peer, reason: reason(error) });
      }
      const lasted = performance.now() - began;
      wait = lasted > REDIAL_MS_MAX ? REDIAL_MS_MIN : Math.min(wait * 2, REDIAL_MS_MAX);
      await this.#pause(wait);
    }
  }

  async #pause(ms: number): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const id = setTimeout(timer.resolve, ms);
    await Promise.race([timer.promise, this.#closing.promise]);
    clearTimeout(id);
  }

  /** Makes a link and serves it until it ends. */
  async #dialOnce(peer: number, address: PeerAddress): Promise<void> {
    const channel = new Channel(await Deno.connect(address), HELLO_BYTES_MAX);
    if (this.#closed) return channel.close();
    channel.add(encodeHello(this.#options.hello()));
    channel.flush();
    const answer = await this.#firstFrame(channel);
    if (answer === null) return channel.close();
    const refusal = decodeRefusal(answer);
    const mismatch = refusal ?? this.#mismatch(decodeHello(answer), peer);
    if (mismatch !== null) {
      this.#refused(peer, mismatch);
      return channel.close();
    }
    await this.#serve(peer, channel, decodeHello(answer).identity);
  }

  async #accept(conn: Deno.TcpConn): Promise<void> {
    const channel = new Channel(conn, HELLO_BYTES_MAX);
    try {
      const frame = await this.#firstFrame(channel);
      if (frame === null) return channel.close();
      const hello = decodeHello(frame);
      const mismatch = this.#mismatch(hello, null);
      if (mismatch !== null) throw new Error(mismatch);
      channel.add(encodeHello(this.#options.hello()));
      channel.flush();
      await this.#serve(hello.id, channel, hello.identity);
    } catch (error) {
      if (channel.closed) return;
      this.#options.log({ level: "warn", event: "peer refused", reason: reason(error) });
      channel.add(encodeRefusal(reason(error)));
      await channel.end();
    }
  }

  /** The hello, or null if it does not come in time. */
  async #firstFrame(channel: Channel): Promise<Uint8Array | null> {
    this.#strangers.add(channel);
    const timer = setTimeout(() => channel.close(), HELLO_WAIT_MS);
    try {
      return await channel.receive();
    } finally {
      clearTimeout(timer);
      this.#strangers.delete(channel);
    }
  }

  /** Why this hello does not fit, or null. Who dialled is known (`expected`), who was dialled says it. */
  #mismatch(hello: Hello, expected: number | null): string | null {
    const own = this.#options.hello();
    if (hello.protocol !== PROTOCOL) {
      return `it speaks protocol ${hello.protocol}, and this is ${PROTOCOL}: use the same kvdist for all replicas`;
    }
    if (hello.replicas !== own.replicas) {
      return `it is configured for ${hello.replicas} replicas, and this one for ${own.replicas}: give all the same number`;
    }
    if (
      expected === null ? hello.id <= own.id || hello.id >= own.replicas : hello.id !== expected
    ) {
      return `it says that it is replica ${hello.id}, which does not dial replica ${own.id}`;
    }
    if (hello.cluster !== null && own.cluster !== null && hello.cluster !== own.cluster) {
      const cluster = brief(hello.cluster);
      return `it belongs to cluster ${cluster}, and this one to "${own.cluster}": use the folders of one cluster`;
    }
    const link = this.#links.get(hello.id);
    if (link !== undefined && link.identity !== hello.identity) {
      return `replica ${hello.id} is here already, with another folder`;
    }
    return null;
  }

  #refused(peer: number, why: string): void {
    const known = this.#refusals.get(peer) === why;
    this.#refusals.set(peer, why);
    this.#options.log({
      level: known ? "debug" : "error",
      event: "link refused",
      peer,
      reason: why,
    });
  }

  /** Tells what comes until the link ends. */
  async #serve(peer: number, channel: Channel, identity: string): Promise<void> {
    // The peer has dialled again before the end of the old connection was noticed here.
    const old = this.#links.get(peer);
    if (old !== undefined) this.#end(peer, old);
    const link = { channel, identity };
    this.#links.set(peer, link);
    this.#refusals.delete(peer);
    channel.limit(this.#frameBytesMax);
    const decoder = new PeerDecoder(OUTBOX_MESSAGES_MAX * this.#options.hello().replicas);
    const { events } = this.#options;
    events.up(peer);
    try {
      // All that one read brought is one turn: its messages are acknowledged together.
      do {
        for (let frame = channel.next(); frame !== null; frame = channel.next()) {
          const message = decoder.decode(frame);
          if (message !== null) events.receive(peer, message);
        }
      } while (await channel.fill() && this.#links.get(peer) === link);
    } catch (error) {
      this.break(peer, reason(error));
    } finally {
      this.#end(peer, link);
    }
  }

  #end(peer: number, link: Link): void {
    link.channel.close();
    if (this.#links.get(peer) !== link) return;
    this.#links.delete(peer);
    if (!this.#closed) this.#options.events.down(peer);
  }
}
