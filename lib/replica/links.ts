/**
 * The links to the peers: one TCP connection for each pair of replicas, dialled by the one with
 * the higher id, and made again whenever it breaks. It begins with a hello in both directions;
 * who says anything else first, or a hello that does not fit, changes nothing. Until the one that
 * is to dial has done so, the other asks it whether it would: it may have been refused there.
 *
 * @module
 */

import { reason, RefusedError } from "../errors.ts";
import {
  ASK_PEER_MS,
  FRAME_BYTES_MAX,
  HELLO_BYTES_MAX,
  HELLO_WAIT_MS,
  LAZY_MS,
  OUTBOX_MESSAGES_MAX,
  PARTS_BYTES_MAX,
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
  PROTOCOL,
  type Refusal,
} from "../wire/peer.ts";
import { PeerDecoder } from "../wire/peer_decoder.ts";
import { acceptAll } from "./accept.ts";
import { Channel } from "./channel.ts";
import { Reception } from "./reception.ts";

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
  /** Called when so many peers refuse this replica for good that it can be of no use. */
  readonly outcast?: (error: RefusedError) => void;
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
  #lazyTimer: ReturnType<typeof setTimeout> | undefined;
  /** What was sent last, as frames. */
  #encoded: { readonly message: PeerMessage | null; readonly frames: readonly string[] } = {
    message: null,
    frames: [],
  };
  readonly #strangers = new Set<Channel>();
  readonly #reception: Reception;
  /** By the id that a refused one claimed: the last reason told. */
  readonly #told = new Map<number | null, string>();
  #listener: Deno.TcpListener | null = null;
  #isCut = false;
  #closed = false;
  readonly #closing = Promise.withResolvers<void>();

  /** No link is made yet. */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#reception = new Reception(options.hello().replicas);
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
      if (peer > id) this.#keepAsking(peer, address);
    });
  }

  /**
   * Adds a message to what the next {@linkcode flush} sends; dropped without a link. Who waits for
   * nothing is woken less often: a `lazy` one goes with the next that is not, or a little later.
   */
  send(to: number, message: PeerMessage, lazy = false): void {
    const link = this.#links.get(to);
    if (link === undefined) return;
    for (const frame of this.#encode(message)) link.channel.add(frame);
    if (!lazy) this.#dirty.add(link.channel);
    else if (this.#lazyTimer === undefined) {
      this.#lazyTimer = setTimeout(() => this.#flushAll(), LAZY_MS);
    }
  }

  /** What goes to several peers is encoded once. */
  #encode(message: PeerMessage): readonly string[] {
    if (message !== this.#encoded.message) {
      const frames: string[] = [];
      encodePeerMessage(message, (frame) => frames.push(frame));
      this.#encoded = { message, frames };
    }
    return this.#encoded.frames;
  }

  #flushAll(): void {
    this.#lazyTimer = undefined;
    for (const { channel } of this.#links.values()) channel.flush();
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

  /** From now on there is no link, as if the network were gone; or there are links again. */
  setCut(isCut: boolean): void {
    this.#isCut = isCut;
    if (isCut) this.#closeAll();
  }

  /** Ends all links for good. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#lazyTimer);
    this.#closing.resolve();
    this.#listener?.close();
    this.#closeAll();
  }

  #closeAll(): void {
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
    if (this.#isCut) return;
    const channel = new Channel(await Deno.connect(address), HELLO_BYTES_MAX);
    if (this.#closed) return channel.close();
    const answer = await this.#exchange(peer, channel);
    if (answer === null) return channel.close();
    if ("reason" in answer) {
      this.#refused(peer, answer);
      return channel.close();
    }
    await this.#serve(peer, channel, answer.identity);
  }

  /** Says hello; gives the peer's, or the refusal of one of the two; null if nothing came. */
  async #exchange(peer: number, channel: Channel): Promise<Hello | Refusal | null> {
    channel.add(encodeHello(this.#options.hello()));
    channel.flush();
    const answer = await this.#firstFrame(channel);
    if (answer === null) return null;
    const refusal = decodeRefusal(answer);
    if (refusal !== null) return refusal;
    const hello = decodeHello(answer);
    return this.#mismatch(hello, peer) ?? hello;
  }

  /** Until a peer with a higher id has dialled or would: asks whether it refuses this replica. */
  async #keepAsking(peer: number, address: PeerAddress): Promise<void> {
    for (;;) {
      await this.#pause(ASK_PEER_MS);
      if (this.#closed || this.#links.has(peer)) return;
      if (this.#isCut) continue;
      try {
        if (await this.#ask(peer, address)) return;
      } catch (error) {
        this.#options.log({ level: "debug", event: "no answer", peer, reason: reason(error) });
      }
    }
  }

  /** Whether the peer takes this replica for one of theirs. */
  async #ask(peer: number, address: PeerAddress): Promise<boolean> {
    const channel = new Channel(await Deno.connect(address), HELLO_BYTES_MAX);
    try {
      const answer = await this.#exchange(peer, channel);
      if (answer === null) return false;
      if (!("reason" in answer) || !answer.lasting) {
        this.#reception.accepted(peer);
        return true;
      }
      this.#refused(peer, answer);
      return false;
    } finally {
      channel.close();
    }
  }

  async #accept(conn: Deno.TcpConn): Promise<void> {
    const channel = new Channel(conn, HELLO_BYTES_MAX);
    if (this.#isCut) return channel.close();
    let claimed: number | null = null;
    try {
      const frame = await this.#firstFrame(channel);
      if (frame === null) return channel.close();
      const hello = decodeHello(frame);
      claimed = hello.id;
      const mismatch = this.#mismatch(hello, null);
      if (mismatch !== null) return await this.#refuse(channel, claimed, mismatch);
      channel.add(encodeHello(this.#options.hello()));
      channel.flush();
      await this.#serve(hello.id, channel, hello.identity);
    } catch (error) {
      if (channel.closed) return;
      await this.#refuse(channel, claimed, { reason: reason(error), lasting: false });
    }
  }

  /** Answers with the reason. It is told once, since who is refused tries again and again. */
  async #refuse(channel: Channel, claimed: number | null, refusal: Refusal): Promise<void> {
    const { id, replicas } = this.#options.hello();
    const known = this.#told.get(claimed) === refusal.reason;
    // What a stranger claims to be must not fill the memory.
    if (claimed === null || claimed < replicas) this.#told.set(claimed, refusal.reason);
    // Who does not dial has only asked.
    const asked = !refusal.lasting && claimed !== null && claimed < id;
    this.#options.log({
      level: known || asked ? "debug" : "warn",
      event: "peer refused",
      ...(claimed === null ? {} : { peer: claimed }),
      reason: refusal.reason,
    });
    channel.add(encodeRefusal(refusal));
    await channel.end();
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

  /** Why this hello does not fit, or null. `dialled` is who was, null if the other side did. */
  #mismatch(hello: Hello, dialled: number | null): Refusal | null {
    const own = this.#options.hello();
    const lasting = lastingMismatch(hello, own, dialled);
    if (lasting !== null) return { reason: lasting, lasting: true };
    if (dialled === null && hello.id < own.id) {
      const reason = `replica ${hello.id} does not dial replica ${own.id}`;
      return { reason, lasting: false };
    }
    const link = this.#links.get(hello.id);
    if (link === undefined || link.identity === hello.identity) return null;
    // The one of the view comes back: what holds its place meanwhile is a stranger.
    if (this.#options.identityOf(hello.id) === hello.identity) return null;
    const reason = `replica ${hello.id} is here already, with another folder: start each id once`;
    return { reason, lasting: false };
  }

  /** Told once, since it is tried again and again. */
  #refused(peer: number, refusal: Refusal): void {
    const news = this.#reception.refused(peer, refusal);
    this.#options.log({
      level: news ? "error" : "debug",
      event: "link refused",
      peer,
      reason: refusal.reason,
    });
    const outcast = this.#reception.outcast();
    if (outcast !== null) this.#options.outcast?.(new RefusedError(outcast));
  }

  /** Tells what comes until the link ends. */
  async #serve(peer: number, channel: Channel, identity: string): Promise<void> {
    // It may have been cut since the hello came.
    if (this.#isCut) return channel.close();
    // The peer has dialled again before the end of the old connection was noticed here.
    const old = this.#links.get(peer);
    if (old !== undefined) this.#end(peer, old);
    const link = { channel, identity };
    this.#links.set(peer, link);
    this.#reception.accepted(peer);
    this.#told.delete(peer);
    channel.limit(this.#frameBytesMax);
    const { replicas } = this.#options.hello();
    const decoder = new PeerDecoder({
      replicas,
      parts: OUTBOX_MESSAGES_MAX * replicas,
      partBytes: PARTS_BYTES_MAX,
    });
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

/** Why two replicas can never belong together as they were started, or null. */
function lastingMismatch(hello: Hello, own: Hello, dialled: number | null): string | null {
  const theirs = `replica ${hello.id}`;
  const ours = `replica ${own.id}`;
  if (hello.protocol !== PROTOCOL) {
    return `${theirs} speaks protocol ${hello.protocol}, and ${ours} protocol ${PROTOCOL}: use the same kvdist for all replicas`;
  }
  if (hello.replicas !== own.replicas) {
    return `${theirs} is configured for ${hello.replicas} replicas, and ${ours} for ${own.replicas}: give all the same --peers or --replicas`;
  }
  if (dialled !== null && hello.id !== dialled) {
    return `${theirs} answers at the address of replica ${dialled}: give all replicas the same --peers, in the order of the ids`;
  }
  if (hello.id === own.id || hello.id >= own.replicas) {
    return hello.id === own.id
      ? `${theirs} is this one itself: start each with an --id and a place in --peers of its own`
      : `there is no ${theirs} of ${own.replicas}: ids begin at 0`;
  }
  if (hello.cluster !== null && own.cluster !== null && hello.cluster !== own.cluster) {
    return `${theirs} belongs to cluster ${
      brief(hello.cluster)
    }, and ${ours} to "${own.cluster}": use the folders of one cluster`;
  }
  return null;
}
