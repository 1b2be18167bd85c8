/**
 * What a replica's core says of itself and of its peers, as `status` tells it.
 *
 * @module
 */

import type { Order } from "../order/order.ts";
import { majority } from "../order/view.ts";
import type { PeerStatus, Status } from "../wire/message.ts";

/** The part of a status that the core knows. */
export type OrderStatus = Pick<
  Status,
  | "state"
  | "view"
  | "hears"
  | "peers"
  | "delivered"
  | "joining"
  | "pending"
  | "outbox"
  | "cluster"
  | "counts"
>;

/** Which replica it is, of how many. */
interface Place {
  readonly id: number;
  readonly replicas: number;
}

/** The part of a status that the core knows. */
export function orderStatus(order: Order, place: Place): OrderStatus {
  const { view } = order;
  return {
    state: order.state,
    view: view === null
      ? null
      : { ballot: [view.ballot.round, view.ballot.id], members: [...view.members] },
    hears: order.hears(),
    peers: peerStatuses(order, place),
    delivered: order.position.index,
    joining: joining(order, place),
    pending: order.pendingLength,
    outbox: order.outboxLength,
    cluster: view?.cluster ?? null,
    counts: order.counts,
  };
}

/** The highest index that anybody is known to have delivered. */
export function highestIndex(order: Order): number {
  const said = order.hears().map((peer) => order.said(peer)?.index ?? 0);
  return Math.max(order.position.index, ...said);
}

function peerStatuses(order: Order, { id: self, replicas }: Place): PeerStatus[] {
  const highest = highestIndex(order);
  const ids = Array.from({ length: replicas }, (_, id) => id);
  return ids.filter((id) => id !== self).map((id) => {
    const said = order.said(id);
    return {
      id,
      state: said?.state ?? null,
      index: said?.index ?? null,
      lag: said === null ? null : Math.max(0, highest - said.index),
      member: order.view?.members.includes(id) ?? false,
    };
  });
}

/** What is in the way of being in a working view. */
function joining(order: Order, { replicas }: Place): string | null {
  if (order.state === "live") return null;
  const missing = order.missing();
  if (replicas - missing.length < majority(replicas)) {
    return `too few replicas: ${missing.join(", ")} cannot be reached`;
  }
  const lacks = highestIndex(order) - order.position.index;
  return lacks > 0 ? `lacks ${lacks} entries` : "a view is being formed";
}
