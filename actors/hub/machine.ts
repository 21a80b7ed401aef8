import { fromCallback, setup } from "xstate";
import { type Disconnect, disconnects } from "../../src/core/disconnects.ts";
import type { ConnectionEvent } from "../connection/events.ts";
import type { HubContext, HubEvent, HubInput, HubOutput, Member, PublishEvent, Target } from "./events.ts";

/** What a target's connections are told, each on its own. */
type Told = Extract<ConnectionEvent, { type: `hub.${string}` }>;

const told = (event: Told) => event;

/** The id of the callback actor that routes publications; no connection has it, theirs are numbers. */
export const publicationsId = "publications";

/**
 * The supervisor: it owns every connection, knows whose they are, and lets them go when the server stops. It routes
 * every publication too, through the callback actor `publications` that it owns: one mailbox, one order, one place to
 * count, at 0.07 us an event where a statechart's own mailbox costs 0.8 to 2.6 us (measured).
 *
 * A connection that throws is forgotten and its socket closed; nobody else notices. If the Hub itself throws, its
 * connections would be orphans: the process ends, and says so.
 */
export const hubMachine = setup({
  types: {} as { context: HubContext; events: HubEvent; input: HubInput; output: HubOutput },
  actors: {
    publications: fromCallback<PublishEvent>(() => {}),
  },
  actions: {
    adopt: (_, _params: { member: Member }) => {},
    identify: (_, _params: { id: string; user: string }) => {},
    reject: (_, _params: { member: Member }) => {},
    forget: (_, _params: { slot: number }) => {},
    closeCrashed: (_, _params: { slot: number; error: unknown }) => {},
    fail: (_, _params: { error: unknown }) => {},
    tell: (_, _params: { target: Target; event: Told }) => {},
    beginDrain: () => {},
    releaseSlice: () => {},
    cutRemaining: () => {},
    cancelDeadlines: () => {},
  },
  guards: {
    isEmpty: ({ context }) => context.members.size === 0,
  },
}).createMachine({
  id: "hub",
  context: ({ input }) => ({ ...input, members: new Map(), users: new Map(), slots: [], freeSlots: [], leaving: [] }),
  output: ({ context }) => ({ cut: context.members.size }),
  invoke: { id: publicationsId, src: "publications" },
  initial: "running",
  on: {
    "connection.identified": {
      actions: { type: "identify", params: ({ event }) => ({ id: event.id, user: event.user }) },
    },
    "connection.alone": {
      actions: {
        type: "tell",
        params: ({ event: { id, user } }) => ({
          target: { user, client: "", except: new Set([id]) },
          event: told({ type: "hub.disconnect", disconnect: disconnects.connectionLimit }),
        }),
      },
    },
    "xstate.done.actor.*": { actions: { type: "forget", params: ({ event }) => ({ slot: Number(event.actorId) }) } },
    "xstate.error.actor.*": [
      {
        description: "The actor that routes publications threw: nothing can be routed any more.",
        guard: ({ event }) => event.actorId === publicationsId,
        actions: { type: "fail", params: ({ event }) => ({ error: event.error }) },
      },
      {
        actions: [
          { type: "closeCrashed", params: ({ event }) => ({ slot: Number(event.actorId), error: event.error }) },
          { type: "forget", params: ({ event }) => ({ slot: Number(event.actorId) }) },
        ],
      },
    ],
    "user.disconnect": {
      actions: {
        type: "tell",
        params: ({ event }) => ({
          target: event.target,
          event: told({ type: "hub.disconnect", disconnect: event.disconnect }),
        }),
      },
    },
    "user.message": {
      actions: {
        type: "tell",
        params: ({ event: { target, data } }) => ({ target, event: told({ type: "hub.message", data }) }),
      },
    },
    "user.subscribe": {
      actions: {
        type: "tell",
        params: ({ event }) => ({
          target: event.target,
          event: told({ type: "hub.subscribe", request: event.request }),
        }),
      },
    },
    "user.unsubscribe": {
      actions: {
        type: "tell",
        params: ({ event: { target, channel, unsubscribe } }) => ({
          target,
          event: told({ type: "hub.unsubscribe", channel, unsubscribe }),
        }),
      },
    },
    "user.refresh": {
      actions: {
        type: "tell",
        params: ({ event: { target, expireAt, info } }) => ({
          target,
          event: told({ type: "hub.refresh", expireAt, ...(info !== undefined && { info }) }),
        }),
      },
    },
  },
  states: {
    running: {
      on: {
        "connection.opened": { actions: { type: "adopt", params: ({ event }) => ({ member: event.member }) } },
        "hub.drain": "draining",
      },
    },
    draining: {
      entry: "beginDrain",
      always: { guard: "isEmpty", target: "stopped" },
      on: {
        "connection.opened": {
          description: "An upgrade that was under way when the drain began: it is let go at once.",
          actions: [
            { type: "adopt", params: ({ event }) => ({ member: event.member }) },
            { type: "reject", params: ({ event }) => ({ member: event.member }) },
          ],
        },
        "deadline.expired": [
          { guard: ({ event }) => event.deadline === "batch", actions: "releaseSlice" },
          { target: "stopped", actions: "cutRemaining" },
        ],
      },
    },
    stopped: { type: "final", entry: "cancelDeadlines" },
  },
});

/** How the drain ends a connection: its client comes back, to this server's successor. */
export const drainDisconnect: Disconnect = disconnects.shutdown;
