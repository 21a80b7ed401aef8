import { and, assign, setup } from "xstate";
import type { Command, ConnectCommand } from "../../src/core/command.ts";
import { type Disconnect, disconnects } from "../../src/core/disconnects.ts";
import { type ClientError, errors } from "../../src/core/errors.ts";
import type { Identity } from "../../src/core/identity.ts";
import type { Payload } from "../../src/core/payload.ts";
import type { Seconds } from "../../src/core/time.ts";
import type { Unsubscribe } from "../../src/core/unsubscribes.ts";
import type { DeadlineName } from "../deadlines.ts";
import type { ConnectionContext, ConnectionEvent, ConnectionInput, Refusal, ServerSubscribe } from "./events.ts";
import { canReadErrors, refusalDisconnects, refusalErrors } from "./refusals.ts";

type Asked<M extends Command["method"]> = { command: Extract<Command, { method: M }> };

/** Nothing held: shared, because most connections never hold anything. */
const none: readonly ConnectionEvent[] = [];

/** Hands a command on to its action. */
const asked = <C>({ event }: { event: { command: C } }) => ({ command: event.command });

const ending = (disconnect: Disconnect) => ({ type: "rememberDisconnect" as const, params: { disconnect } });

const late = (name: DeadlineName) => ({ type: "isDeadline" as const, params: { name } });

/** While something is looked at, commands wait; too many of them cost the connection. */
const held = [
  { guard: "holdsTooMuch", target: "#connection.draining", actions: ending(disconnects.tooManyRequests) },
  { actions: "hold" },
] as const;

/** A pong that nobody asked for breaks the protocol. */
const pong = [
  { guard: "isPongDue", actions: "notePong" },
  { target: "#connection.draining", actions: ending(disconnects.badRequest) },
] as const;

/**
 * One client, from the upgrade to the end: who it is, then what it asks for, then what is still to be flushed.
 *
 * The machine decides and does nothing: what its actions do is given by `connectionLogic` in `effects.ts`, once per
 * server. Three things are true in every state before `draining` and are said at the root: the socket may vanish, the
 * Hub may end the connection, and a broken rule costs it.
 */
export const connectionMachine = setup({
  types: {} as { context: ConnectionContext; events: ConnectionEvent; input: ConnectionInput },
  actions: {
    setHandshakeDeadline: () => {},
    authenticate: (_, _params: { command: ConnectCommand }) => {},
    identify: () => {},
    welcome: () => {},
    openGate: () => {},
    closeGate: () => {},
    release: () => {},
    startHeartbeat: () => {},
    ping: () => {},
    awaitPong: () => {},
    notePong: () => {},
    subscribe: (_, _params: Asked<"subscribe">) => {},
    verifySubscription: (_, _params: Asked<"subscribe">) => {},
    unsubscribe: (_, _params: Asked<"unsubscribe">) => {},
    publish: (_, _params: Asked<"publish">) => {},
    presence: (_, _params: Asked<"presence">) => {},
    presenceStats: (_, _params: Asked<"presence_stats">) => {},
    history: (_, _params: Asked<"history">) => {},
    verifyRefresh: (_, _params: Asked<"refresh">) => {},
    verifySubscriptionRefresh: (_, _params: Asked<"sub_refresh">) => {},
    refuse: (_, _params: { id: number; error: ClientError }) => {},
    deliverMessage: (_, _params: { data: Payload }) => {},
    subscribeFromServer: (_, _params: { request: ServerSubscribe }) => {},
    unsubscribeFromServer: (_, _params: { channel: string; unsubscribe: Unsubscribe }) => {},
    refreshFromServer: (_, _params: { expireAt: Seconds | null; info?: string }) => {},
    expireSubscriptions: () => {},
    checkPositions: () => {},
    checkStream: (_, _params: { channel: string; epoch: string }) => {},
    settle: () => {},
    detachAll: () => {},
    setFlushDeadline: () => {},
    closeSocket: () => {},
    depart: () => {},
    cancelDeadlines: () => {},
    reportClosed: () => {},
    act: (_, { act }: { act: () => void }) => act(),
    rememberDisconnect: assign((_, params: { disconnect: Disconnect }) => params),
    rememberIdentity: assign((_, { identity, connect }: { identity: Identity; connect: ConnectCommand }) => ({
      identity,
      connect,
      expireAt: identity.expireAt,
    })),
    /** Info is taken with an expiry alone: a token that never expires is no newer than the one before (Centrifugo). */
    rememberExpiry: assign(({ context }, { expireAt, info }: { expireAt: Seconds | null; info?: string }) => ({
      expireAt,
      identity:
        context.identity && expireAt !== null && info !== undefined ? { ...context.identity, info } : context.identity,
    })),
    hold: assign(({ context, event }) => ({
      held: [...context.held, event],
      heldBytes: context.heldBytes + ("bytes" in event ? event.bytes : 0),
    })),
    clearHeld: assign({ held: none, heldBytes: 0, connect: null }),
  },
  guards: {
    isDeadline: ({ event }, params: { name: DeadlineName }) =>
      event.type === "deadline.expired" && event.deadline === params.name,
    isAnswered: ({ context }, params: { refusal: Refusal }) =>
      canReadErrors(context) && refusalErrors[params.refusal] !== undefined,
    holdsTooMuch: ({ context, event }) => {
      const limit = context.socket.heldMax;
      const bytes = "bytes" in event ? event.bytes : 0;
      return context.held.length >= limit.commands || context.heldBytes + bytes > limit.bytes;
    },
    carriesToken: ({ event }) => event.type === "client.subscribe" && event.command.token !== null,
    isPongDue: ({ context }) => context.socket.pingedAt !== 0,
    /** Nothing was heard since the last ping, and nothing lies before the ping that the client still has to take. */
    isSilent: () => true,
    isFlushed: () => true,
    /** The expiry that a back end orders lies in the past. */
    isPast: () => false,
  },
}).createMachine({
  id: "connection",
  context: ({ input }) => ({
    ...input,
    connect: null,
    identity: null,
    expireAt: null,
    disconnect: disconnects.connectionClosed,
    held: none,
    heldBytes: 0,
    subscriptions: new Map(),
    deadlines: [],
  }),
  initial: "handshaking",
  on: {
    "socket.closed": {
      target: ".closed",
      actions: { type: "rememberDisconnect", params: ({ event }) => ({ disconnect: event.disconnect }) },
    },
    "hub.disconnect": {
      target: ".draining",
      actions: { type: "rememberDisconnect", params: ({ event }) => ({ disconnect: event.disconnect }) },
    },
    "rule.broken": {
      target: ".draining",
      actions: { type: "rememberDisconnect", params: ({ event }) => ({ disconnect: event.disconnect }) },
    },
    "client.malformed": { target: ".draining", actions: ending(disconnects.badRequest) },
    "socket.flooded": { target: ".draining", actions: ending(disconnects.tooManyRequests) },
    "socket.oversized": { target: ".draining", actions: ending(disconnects.tooBig) },
    "socket.slow": { target: ".draining", actions: ending(disconnects.slow) },
  },
  states: {
    handshaking: {
      entry: "setHandshakeDeadline",
      on: {
        "deadline.expired": { guard: late("handshake"), target: "draining", actions: ending(disconnects.stale) },
      },
      initial: "awaiting",
      states: {
        awaiting: {
          on: {
            "client.connect": {
              target: "verifying",
              actions: { type: "authenticate", params: asked },
            },
            "client.*": { target: "#connection.draining", actions: ending(disconnects.badRequest) },
          },
        },
        verifying: {
          on: {
            "auth.judged": { actions: { type: "act", params: ({ event }) => event } },
            "auth.accepted": {
              actions: [{ type: "rememberIdentity", params: ({ event }) => event }, "identify"],
            },
            "hub.admitted": "#connection.authenticated",
            "auth.refused": [
              {
                guard: { type: "isAnswered", params: ({ event }) => ({ refusal: event.refusal }) },
                target: "refused",
                actions: {
                  type: "refuse",
                  params: ({ event }) => ({ id: event.id, error: refusalErrors[event.refusal] ?? errors.internal }),
                },
              },
              {
                target: "#connection.draining",
                actions: {
                  type: "rememberDisconnect",
                  params: ({ event }) => ({ disconnect: refusalDisconnects[event.refusal] }),
                },
              },
            ],
            "client.*": held,
          },
        },
        refused: {
          description:
            "An error was the answer to connect: the connection hears nothing more and is closed when stale.",
          on: { "client.*": {} },
        },
      },
    },
    authenticated: {
      entry: ["startHeartbeat", "welcome", "release", "clearHeld"],
      on: {
        "client.pong": pong,
        "stream.begun": { actions: { type: "checkStream", params: ({ event }) => event } },
        "auth.refreshed": { actions: { type: "rememberExpiry", params: ({ event }) => event } },
        "hub.subscribe": {
          actions: { type: "subscribeFromServer", params: ({ event }) => ({ request: event.request }) },
        },
        "hub.message": { actions: { type: "deliverMessage", params: ({ event }) => event } },
        "hub.unsubscribe": {
          actions: { type: "unsubscribeFromServer", params: ({ event }) => event },
        },
        "hub.refresh": [
          { guard: "isPast", target: "draining", actions: ending(disconnects.connectionExpired) },
          {
            actions: [
              { type: "rememberExpiry", params: ({ event }) => event },
              { type: "refreshFromServer", params: ({ event }) => event },
            ],
          },
        ],
        "deadline.expired": [
          { guard: late("ping"), actions: "ping" },
          { guard: late("subscriptions"), actions: "expireSubscriptions" },
          { guard: late("positions"), actions: "checkPositions" },
          { guard: late("expiry"), target: "draining", actions: ending(disconnects.connectionExpired) },
          { guard: and([late("pong"), "isSilent"]), target: "draining", actions: ending(disconnects.noPong) },
          { guard: late("pong"), actions: "awaitPong" },
        ],
      },
      initial: "ready",
      states: {
        ready: {
          description:
            "What the client publishes goes through the gate, past this machine, which has nothing to decide about it.",
          entry: "openGate",
          exit: "closeGate",
          on: {
            "client.subscribe": [
              { guard: "carriesToken", target: "verifying", actions: { type: "verifySubscription", params: asked } },
              { actions: { type: "subscribe", params: asked } },
            ],
            "client.unsubscribe": { actions: { type: "unsubscribe", params: asked } },
            "client.publish": { actions: { type: "publish", params: asked } },
            "client.presence": { actions: { type: "presence", params: asked } },
            "client.presence_stats": { actions: { type: "presenceStats", params: asked } },
            "client.history": { actions: { type: "history", params: asked } },
            "client.rpc": {
              actions: {
                type: "refuse",
                params: ({ event }) => ({ id: event.command.id, error: errors.notAvailable }),
              },
            },
            "client.limited": {
              actions: { type: "refuse", params: ({ event }) => ({ id: event.id, error: errors.tooManyRequests }) },
            },
            "client.refresh": { target: "verifying", actions: { type: "verifyRefresh", params: asked } },
            "client.sub_refresh": {
              target: "verifying",
              actions: { type: "verifySubscriptionRefresh", params: asked },
            },
            "client.send": { target: "#connection.draining", actions: ending(disconnects.notAvailable) },
            "client.connect": { target: "#connection.draining", actions: ending(disconnects.badRequest) },
          },
        },
        verifying: {
          description: "A token is being looked at; commands wait their turn, pongs do not.",
          on: {
            "auth.judged": { actions: { type: "act", params: ({ event }) => event } },
            "auth.answered": { target: "ready", actions: ["release", "clearHeld"] },
            "client.pong": pong,
            "client.*": held,
          },
        },
      },
    },
    draining: {
      entry: ["settle", "detachAll", "setFlushDeadline"],
      always: { guard: "isFlushed", target: "closed" },
      on: {
        "socket.closed": "closed",
        "socket.drained": "closed",
        "deadline.expired": { guard: late("flush"), target: "closed" },
        "*": {},
      },
    },
    closed: {
      type: "final",
      entry: ["closeSocket", "depart", "cancelDeadlines", "reportClosed"],
    },
  },
});
