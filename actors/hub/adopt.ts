import { type AnyActorRef, createActor } from "xstate";
import type { Counters } from "../../src/metrics/counters.ts";
import type { connectionMachine } from "../connection/machine.ts";
import type { ConnectionInput } from "../connection/record.ts";
import type { HubRef } from "./events.ts";
import type { ConnectionRef } from "./registry.ts";
import { type Members, OwnedMember } from "./registry.ts";

/** The Hub and the table of the connections that it owns. */
export interface Parent {
  readonly hub: AnyActorRef & HubRef;
  readonly members: Members;
  readonly counters: Pick<Counters, "accepted">;
}

/**
 * Spawns a connection under the Hub, in O(1) at any number of connections. This is the only place that does.
 *
 * A machine's own `spawn` copies the whole record of children: 265 to 420 us an open at 8,000 connections, and growing.
 * An actor created with `parent` costs 16 to 26 us at any number (measured), and its `xstate.done.actor.<id>` and
 * `xstate.error.actor.<id>` still reach the Hub. In return it is not in the Hub's `children`, so the Hub keeps its own
 * table; and it cannot be stopped from outside, so it has to reach `closed`, which is what we want.
 *
 * The actor's id is not the connection's but a slot, used again when it is free: a machine keeps for ever the
 * transitions that it has looked up by event type, and types with a UUID in them would make it keep 124 bytes for each
 * connection that ever was (measured).
 */
export function adopt(
  { hub, members, counters }: Parent,
  logic: typeof connectionMachine,
  input: ConnectionInput,
): ConnectionRef {
  const slot = members.takeSlot();
  const ref = createActor(logic, { id: String(slot), parent: hub, input });
  members.add(new OwnedMember(slot, ref, input.socket));
  counters.accepted += 1;
  // An event costs the Hub 3.5 kB to collect, and it has nothing to do but in the drain.
  if (members.isDraining) hub.send({ type: "connection.opened", id: input.socket.id });
  ref.start();
  return ref;
}
