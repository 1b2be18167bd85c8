/**
 * All systems that are compared, in the order in which they take their turns.
 *
 * @module
 */

import { ETCD } from "./etcd.ts";
import { KVDIST } from "./kvdist.ts";
import { NATS } from "./nats.ts";
import { REDIS } from "./redis.ts";
import type { System } from "./system.ts";
import { ZOOKEEPER } from "./zookeeper.ts";

/** The systems. */
export const SYSTEMS: readonly System[] = [...KVDIST, ...REDIS, NATS, ZOOKEEPER, ETCD];
