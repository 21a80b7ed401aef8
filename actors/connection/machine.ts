import { and } from "xstate";
import { disconnects } from "../../src/core/disconnects.ts";
import { refusalDisconnects, rejectionDisconnect } from "./endings.ts";
import { connectionSetup } from "./machine-setup.ts";
import { contextOf } from "./record.ts";
import * as transitions from "./transitions.ts";

const { answered, because, beside, calls, endedByError, ends, held, inTurn } = transitions;
const { judged, late, noted, pong, refusedWithError } = transitions;

/**
 * One client, from the upgrade to the end: who it is, then what it asks for, then what is still to be flushed.
 *
 * The machine says what may happen when. What follows from a command or a verdict is decided by the functions of
 * `decide/` and done by `perform.ts`; what they find changes the state by an event, so that every way through the states
 * is here. `logic.ts` gives the actions, once per server.
 */
export const connectionMachine = connectionSetup.createMachine({
  id: "connection",
  context: ({ input }) => contextOf(input),
  initial: "handshaking",
  on: {
    "socket.closed": { target: ".closed", actions: noted },
    "hub.disconnect": { target: ".draining", actions: noted },
    "hook.disconnected": { target: ".draining", actions: noted },
    "handler.failed": { target: ".draining", actions: because(disconnects.internal) },
    "socket.flooded": { target: ".draining", actions: because(disconnects.tooManyRequests) },
    "socket.oversized": { target: ".draining", actions: because(disconnects.tooBig) },
    "socket.slow": { target: ".draining", actions: because(disconnects.slow) },
  },
  states: {
    handshaking: {
      entry: "setHandshakeDeadline",
      on: {
        "deadline.expired": { guard: late("handshake"), target: "draining", actions: because(disconnects.stale) },
      },
      initial: "awaiting",
      states: {
        awaiting: {
          always: { guard: "isAdmittedAtBirth", target: "#connection.authenticated", actions: "identifyAtBirth" },
          on: {
            "client.connect": [
              {
                guard: { type: "isAdmittedAtOnce", params: ({ event }) => event },
                target: "#connection.authenticated",
                actions: { type: "identifyAnonymous", params: ({ event }) => event },
              },
              { target: "verifying", actions: { type: "authenticate", params: ({ event }) => event } },
            ],
            "client.*": { target: "#connection.draining", actions: because(disconnects.badRequest) },
          },
        },
        verifying: {
          on: {
            "token.verified": { guard: "isAwaited", actions: judged },
            "verification.failed": { guard: "isAwaited", actions: { type: "fail", params: ({ event }) => event } },
            "hook.answered": { guard: "isAwaited", actions: answered },
            "connect.rejected": [
              { guard: "canReadErrors", target: "refused", actions: refusedWithError },
              { guard: "isUnidirectional", target: "#connection.draining", actions: [refusedWithError, endedByError] },
              {
                target: "#connection.draining",
                actions: {
                  type: "noteDisconnect",
                  params: ({ event }) => ({ disconnect: rejectionDisconnect(event.error) }),
                },
              },
            ],
            "connect.refused": [
              {
                guard: { type: "isAnswered", params: ({ event }) => event },
                target: "refused",
                actions: refusedWithError,
              },
              {
                guard: { type: "isEndedByError", params: ({ event }) => event },
                target: "#connection.draining",
                actions: [refusedWithError, endedByError],
              },
              {
                target: "#connection.draining",
                actions: {
                  type: "noteDisconnect",
                  params: ({ event }) => ({ disconnect: refusalDisconnects[event.refusal] }),
                },
              },
            ],
            "hub.admitted": "#connection.authenticated",
            "client.*": held,
          },
        },
        refused: {
          description:
            "Connect was answered with an error: commands have no effect, and the handshake deadline ends it.",
          entry: "forgetCommands",
          on: { "client.*": {} },
        },
      },
    },
    authenticated: {
      entry: "admit",
      on: {
        "token.rejected": ends("token.rejected"),
        "token.outdated": ends("token.outdated"),
        "subscriptions.differ": ends("subscriptions.differ"),
        "subscription.expired": ends("subscription.expired"),
        "position.lost": ends("position.lost"),
        "channel.forbidden": ends("channel.forbidden"),
        "channel.failed": ends("channel.failed"),
        "channels.exceeded": ends("channels.exceeded"),
        "channel.withdrawn": ends("channel.withdrawn"),
        "channel.interrupted": ends("channel.interrupted"),
        "publishes.refused": ends("publishes.refused"),
        "expiry.passed": ends("expiry.passed"),
        "credentials.expired": ends("credentials.expired"),
        "command.unexpected": ends("command.unexpected"),
        "command.unavailable": ends("command.unavailable"),
        "frame.malformed": ends("frame.malformed"),
        "connect.deferred": ".connecting",
        "stream.begun": { actions: { type: "checkStream", params: ({ event }) => event } },
        "engine.ready": { actions: { type: "lapse", params: ({ event }) => event } },
        "hub.subscribe": { actions: "run" },
        "hub.unsubscribe": { actions: "run" },
        "hub.refresh": { actions: "run" },
        "hub.message": { actions: "run" },
        "hook.answered": { guard: "isAnsweredBeside", actions: answered },
        "deadline.expired": [
          { guard: late("handshake"), target: "draining", actions: because(disconnects.stale) },
          { guard: late("ping"), actions: "ping" },
          { guard: late("subscriptions"), actions: "expireSubscriptions" },
          { guard: late("positions"), actions: "checkPositions" },
          { guard: late("presence"), actions: "renewPresence" },
          { guard: and([late("expiry"), "asksAtExpiry"]), actions: "askRefresh" },
          { guard: late("expiry"), target: "draining", actions: because(disconnects.connectionExpired) },
          { guard: and([late("pong"), "isSilent"]), target: "draining", actions: because(disconnects.noPong) },
          { guard: late("pong"), actions: "awaitPong" },
        ],
      },
      initial: "ready",
      states: {
        connecting: {
          description: "The engine prepares the channels of the connect; its client has not been greeted yet.",
          on: {
            "engine.ready": { guard: "isAwaited", target: "ready", actions: "resume" },
            "hook.answered": { guard: "isAwaited", target: "ready", actions: answered },
            "client.pong": pong,
            "client.*": held,
            "hub.subscribe": held,
            "hub.unsubscribe": held,
            "hub.refresh": held,
            "hub.message": held,
          },
        },
        ready: {
          description: "What the client publishes and calls goes through the lane, past this machine.",
          entry: "openLane",
          exit: "closeLane",
          always: { guard: "holdsCommands", target: "releasing" },
          on: {
            "token.presented": "verifying",
            "command.deferred": "waiting",
            "client.pong": pong,
            "client.publish": { actions: "run" },
            "client.rpc": [beside, ...inTurn],
            "client.send": [beside, ...inTurn],
            "client.*": inTurn,
            "hub.subscribe": inTurn,
            "hub.unsubscribe": inTurn,
          },
        },
        verifying: {
          description: "A token that came with a command is being verified.",
          on: {
            "token.verified": { guard: "isAwaited", target: "ready", actions: judged },
            "verification.failed": { guard: "isAwaited", actions: { type: "fail", params: ({ event }) => event } },
            "client.pong": pong,
            ...calls,
            "client.*": held,
          },
        },
        waiting: {
          description: "A command cannot be executed or answered yet: the engine, or earlier publishes, answer first.",
          entry: ["awaitPublishes", "commitPublishes", "prepareAhead"],
          exit: "forgetPublishes",
          on: {
            "engine.ready": [
              { guard: "isAwaited", target: "ready", actions: "resume" },
              { actions: { type: "lapse", params: ({ event }) => event } },
            ],
            "hook.answered": { guard: "isAwaited", target: "ready", actions: answered },
            "query.answered": { guard: "isAwaited", target: "ready", actions: "forgetPending" },
            "publish.answered": { guard: "isFree", target: "ready" },
            "client.pong": pong,
            ...calls,
            "client.subscribe": [{ guard: "canHold", actions: ["hold", "prepareAhead"] }, held[1]],
            "client.*": held,
            "hub.subscribe": held,
            "hub.unsubscribe": [{ guard: "isJoining", actions: "hold" }, { actions: "run" }],
          },
        },
        releasing: {
          description: "Commands were held: they are run one a turn, so that a backlog holds up no other connection.",
          entry: "askTurn",
          on: {
            "turn.came": [
              { guard: "isBehindPublishes", target: "waiting" },
              { guard: "holdsOne", target: "ready", actions: "runHeld" },
              { actions: ["runHeld", "askTurn"] },
            ],
            "token.presented": "verifying",
            "command.deferred": "waiting",
            "client.pong": pong,
            ...calls,
            "client.*": held,
            "hub.subscribe": inTurn,
            "hub.unsubscribe": inTurn,
          },
        },
      },
    },
    draining: {
      entry: ["endHooks", "awaitPublishes", "commitPublishes", "forgetCommands", "detachAll", "setFlushDeadline"],
      always: { guard: "isFlushed", target: "closed" },
      on: {
        "socket.closed": "closed",
        "socket.drained": { guard: "isFlushed", target: "closed" },
        "deadline.expired": { guard: late("flush"), target: "closed" },
        "*": {},
      },
    },
    closed: {
      type: "final",
      entry: ["endHooks", "forgetCommands", "closeSocket", "depart", "cancelDeadlines", "reportClosed"],
    },
  },
});
