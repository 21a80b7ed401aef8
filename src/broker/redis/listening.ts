import type { Redis } from "ioredis";
import { slotOf } from "./cluster/slots.ts";

/** How messages are published and heard: in a whole server, or within the shard of a cluster that has their channel. */
export interface Listening {
  /** The command that publishes, within scripts and outside. */
  readonly publish: "PUBLISH" | "SPUBLISH";
  /** The event of a connection that has heard something. */
  readonly event: "message" | "smessage";
  subscribe(connection: Redis, names: readonly string[]): Promise<unknown>;
  unsubscribe(connection: Redis, names: readonly string[]): Promise<unknown>;
}

export const inServer: Listening = {
  publish: "PUBLISH",
  event: "message",
  subscribe: (connection, names) => connection.subscribe(...names),
  unsubscribe: (connection, names) => connection.unsubscribe(...names),
};

/** Each call names channels of one slot: a cluster takes no others. */
export const inShard: Listening = {
  publish: "SPUBLISH",
  event: "smessage",
  subscribe: (connection, names) => Promise.all(bySlot(names).map((some) => connection.ssubscribe(...some))),
  unsubscribe: (connection, names) => Promise.all(bySlot(names).map((some) => connection.sunsubscribe(...some))),
};

function bySlot(names: readonly string[]): string[][] {
  return [...Map.groupBy(names, slotOf).values()];
}
