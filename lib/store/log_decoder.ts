/**
 * Reads the lines of the log on disk, and checks them as what comes from a peer is checked.
 *
 * @module
 */

import type { Message, Numbered, Position, View } from "../order/message.ts";
import type { Ballot } from "../order/timestamp.ts";
import {
  array,
  badRequest,
  brief,
  count,
  decodeText,
  list,
  parseArray,
  text,
} from "../wire/json.ts";
import { decodeOperation } from "../wire/operation.ts";
import { PeerDecoder } from "../wire/peer_decoder.ts";
import type { BootNote, Fsync } from "./boot.ts";
import type { Head, LogLine } from "./log_line.ts";

/** `["broadcast`, which no other line begins with. */
const BROADCAST = new TextEncoder().encode('["broadcast');

/** Reads the lines of one segment, its head first. */
export class LogDecoder {
  #replicas = 0;
  #broadcasts: PeerDecoder | null = null;

  /**
   * What the line says.
   *
   * @throws {StreamError} if it is not JSON
   * @throws {RequestError} if it has no form of a line
   */
  decode(line: Uint8Array): LogLine {
    if (BROADCAST.every((byte, i) => line[i] === byte)) return this.#received(line);
    const form = parseArray(decodeText(line));
    if (form[0] === "head") return this.#head(form);
    if (this.#broadcasts === null) throw badRequest("a segment begins with its head");
    switch (form[0]) {
      case "delivered": {
        const [, index, time, id] = form;
        return { type: "delivered", position: this.#position([index, time, id]) };
      }
      case "entries": {
        const first = count(form[1], "the index");
        const entries = form.slice(2).map((value, i) => {
          return { index: first + i, message: this.#message(value) };
        });
        return { type: "entries", entries };
      }
      case "promised":
        return { type: "promised", ballot: readBallot(form[1]) };
      case "installed":
        return { type: "installed", view: this.#view(form[1]), n: count(form[2], "n") };
      case "pending":
        return {
          type: "pending",
          messages: form.slice(1).map((value) => this.#message(value)),
        };
      case "outbox":
        return { type: "outbox", numbered: form.slice(1).map(readNumbered) };
      case "boot":
        return { type: "boot", boot: form.length === 1 ? null : readBoot(form) };
      case "identity": {
        const [, identity, former] = form;
        return {
          type: "identity",
          identity: text(identity, "the identity"),
          former: readNullable(former, "the former identity"),
        };
      }
      default:
        throw badRequest(`unknown line ${brief(form[0])}`);
    }
  }

  #received(line: Uint8Array): LogLine {
    if (this.#broadcasts === null) throw badRequest("a segment begins with its head");
    const broadcast = this.#broadcasts.decode(line);
    if (broadcast?.type !== "broadcast") throw badRequest("a broadcast is a line of its own");
    return { type: "received", broadcast };
  }

  #head(form: readonly unknown[]): Head {
    const [, number, owner, fresh, identity, former, promised, view, n, position, counts] = form;
    const [id, replicas] = array(owner, "the owner");
    this.#replicas = count(replicas, "the replicas");
    this.#broadcasts = new PeerDecoder({ replicas: this.#replicas, parts: 0, partBytes: 0 });
    const deliveredN = list(counts, "deliveredN", (each) => count(each, "each of deliveredN"));
    if (deliveredN.length !== this.#replicas) throw badRequest("deliveredN has a place for each");
    return {
      type: "head",
      number: count(number, "the number"),
      id: this.#id(id),
      replicas: this.#replicas,
      fresh: readBoolean(fresh, "fresh"),
      identity: text(identity, "the identity"),
      former: readNullable(former, "the former identity"),
      promised: readBallot(promised),
      installed: view === null ? null : this.#view(view),
      n: count(n, "n"),
      position: this.#position(position),
      deliveredN,
    };
  }

  #message(value: unknown): Message {
    const [origin, n, time, key, content, bytes, request, until] = array(value, "a message");
    return {
      origin: this.#id(origin),
      n: count(n, "n"),
      time: count(time, "the time"),
      operation: decodeOperation(key, content, bytes, request, until),
    };
  }

  #position(value: unknown): Position {
    const [index, time, id] = array(value, "a position");
    return {
      index: count(index, "a position's index"),
      time: count(time, "a position's time"),
      id: this.#id(id),
    };
  }

  #view(value: unknown): View {
    const [ballot, members, cluster, identities] = array(value, "a view");
    return {
      ballot: readBallot(ballot),
      members: list(members, "members", (id) => this.#id(id)),
      cluster: text(cluster, "the cluster"),
      identities: list(identities, "identities", (each) => readNullable(each, "an identity")),
    };
  }

  #id(value: unknown): number {
    const id = count(value, "an id");
    if (id >= this.#replicas) throw badRequest("an id must be that of a replica");
    return id;
  }
}

function readNumbered(value: unknown): Numbered {
  const [n, key, content, bytes, request, until] = array(value, "an operation");
  return { n: count(n, "n"), operation: decodeOperation(key, content, bytes, request, until) };
}

function readBallot(value: unknown): Ballot {
  const [round, id] = array(value, "a ballot");
  return { round: count(round, "a ballot's round"), id: count(id, "a ballot's id") };
}

function readBoot([, at, fsync, forgot]: readonly unknown[]): BootNote {
  if (at !== null && typeof at !== "number") throw badRequest("a boot must be a time");
  return { at, fsync: readFsync(fsync), forgot: readBoolean(forgot, "forgot") };
}

function readFsync(value: unknown): Fsync {
  if (value === "always" || value === "interval" || value === "never") return value;
  throw badRequest(`unknown setting ${brief(value)}`);
}

function readNullable(value: unknown, name: string): string | null {
  return value === null ? null : text(value, name);
}

function readBoolean(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw badRequest(`${name} must be true or false`);
  return value;
}
